"""A pipeline run on this machine, by kfp's local runner, in processes or in containers."""
