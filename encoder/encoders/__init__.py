"""From pictures to H.264: x264, the hardware's encoders (found by opening them), and the change from one to another."""
