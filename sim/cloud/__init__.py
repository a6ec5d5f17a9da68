"""The simulated cloud. Start at `cloud.Cloud`."""
