"""Where encoded packets go: each output has its own bounded queue and its own pace."""
