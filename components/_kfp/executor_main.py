"""The program of a task: ``python3 -m components._kfp.executor_main MODULE`` and kfp's own arguments.

It runs a function of a module such as ``components.train.component``, which the stage's image contains. kfp's
program of the same name runs a function whose text is in its arguments.
"""

import argparse
import os
from importlib import import_module

# kfp then imports only what a task needs, and ``stage`` leaves functions as they are.
os.environ["_KFP_RUNTIME"] = "true"

from components._kfp.executor_input import read_executor_input
from components.errors import print_user_errors


def main() -> None:
    """Run the function that the arguments name."""
    print_user_errors()
    parser = argparse.ArgumentParser(description="Run a component's function.")
    parser.add_argument("module", help="module with the function")
    parser.add_argument("--executor_input", required=True, help="kfp's inputs and outputs, as JSON")
    parser.add_argument("--function_to_execute", required=True, help="name of the function")
    given = parser.parse_args()
    from kfp.dsl.executor import Executor

    function = getattr(import_module(given.module), given.function_to_execute)
    executor_input = read_executor_input(given.executor_input)
    Executor(executor_input=executor_input, function_to_execute=function).execute()


if __name__ == "__main__":
    main()
