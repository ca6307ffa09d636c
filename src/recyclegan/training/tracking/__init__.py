"""Trackers beside `metrics.jsonl`: TensorBoard, Weights & Biases, Trackio."""
