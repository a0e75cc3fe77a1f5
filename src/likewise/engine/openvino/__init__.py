"""OpenVINO on the CPU: graphs of our own, a checkpoint's own ONNX graph, cross-encoders."""
