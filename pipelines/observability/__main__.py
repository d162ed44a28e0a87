"""Write the rules and dashboards of the manifests: ``python -m pipelines.observability``."""

from pipelines.observability.files import write_files

if __name__ == "__main__":
    write_files()
