//! Compiles `hark/v1/*.proto` with protox, so that nobody needs protoc.

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

/// One file per topic's message, and what they share.
const FILES: [&str; 6] = [
    "hark/v1/common.proto",
    "hark/v1/item.proto",
    "hark/v1/mention.proto",
    "hark/v1/share_of_voice.proto",
    "hark/v1/author_standing.proto",
    "hark/v1/alert.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=hark/v1");

    let mut compiler = protox::Compiler::new([&root])?;
    // The comments travel along: they become the documentation of the generated types, and a
    // test checks that every field has one.
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files(FILES.map(|file| root.join(Path::new(file))))?;
    fs::write(
        out.join("hark.v1.descriptors"),
        compiler.encode_file_descriptor_set(),
    )?;
    prost_build::Config::new().compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
