"""What tests share: real processes of ours, started and surely ended, and footage."""
