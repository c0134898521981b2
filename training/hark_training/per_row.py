"""Gives every token an activation range of its own.

onnxruntime's dynamic quantisation takes one range for the whole batch, so a text's scores would
depend on its neighbours in the batch, and batches depend on timing. Here each
DynamicQuantizeLinear becomes a symmetric quantisation by the last axis: |x| -> max -> scale. The
same text then has the same scores in any company, and they are nearer to those of fp32.
"""

import numpy
import onnx
from onnx import helper, numpy_helper

CONSTANTS = {
    "row_127": numpy.array(127, numpy.float32),
    "row_least": numpy.array(1e-10, numpy.float32),
    "row_step": numpy.array(1 / 127, numpy.float32),
    "row_one": numpy.array(1, numpy.float32),
    "row_zero": numpy.array(128, numpy.uint8),
}


def quantise_rows(path):
    """Rewrites the int8 model at `path` in place."""
    model = onnx.load(path)
    graph = model.graph
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in CONSTANTS.items())
    nodes, renamed, scales = [], {}, {}
    for node in graph.node:
        if node.op_type == "DynamicQuantizeLinear":
            quantised, scale, zero = node.output
            nodes += _row_nodes(node.input[0], quantised)
            renamed |= {scale: quantised + "_scale", zero: "row_zero"}
        elif node.op_type == "Mul" and node.input[0] in renamed:
            # activation scale × weight scale: applied one after the other below
            scales[node.output[0]] = (node.input[1], renamed[node.input[0]])
        elif node.op_type == "Mul" and any(name in scales for name in node.input):
            product = next(name for name in node.input if name not in scales)
            weight, row = next(scales[name] for name in node.input if name in scales)
            by_weight = node.output[0] + "_by_weight"
            nodes.append(helper.make_node("Mul", [product, weight], [by_weight]))
            nodes.append(helper.make_node("Mul", [by_weight, row], [node.output[0]]))
        else:
            for place, name in enumerate(node.input):
                node.input[place] = renamed.get(name, name)
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _row_nodes(values, quantised):
    def name(part):
        return f"{quantised}_{part}"

    return [
        helper.make_node("Abs", [values], [name("abs")]),
        helper.make_node("ReduceMax", [name("abs")], [name("max")], axes=[-1], keepdims=1),
        helper.make_node("Max", [name("max"), "row_least"], [name("range")]),
        helper.make_node("Mul", [name("range"), "row_step"], [name("scale")]),
        helper.make_node("Div", ["row_127", name("range")], [name("inverse")]),
        helper.make_node("Mul", [values, name("inverse")], [name("unit")]),
        helper.make_node("QuantizeLinear", [name("unit"), "row_one", "row_zero"], [quantised]),
    ]
