"""What those who write a connector test it with: the contract that it must keep, and fakes that keep it."""
