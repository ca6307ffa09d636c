"""Translators as ONNX files and as pages that run in a browser."""
