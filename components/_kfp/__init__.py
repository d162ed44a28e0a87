"""The KFP interface: artifact types and the decorator that makes a function a component."""
