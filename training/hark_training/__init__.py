"""Builds hark's default classifier: prepare, train, export, calibrate, plot."""
