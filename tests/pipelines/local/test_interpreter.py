import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.catalogue import ROOT
from pipelines.local.interpreter import Interpreter, use_warm_interpreter

PLAIN = sys.executable

JOBS = {
    "output in order": """
        import sys
        print("one"); sys.stdout.flush(); print("two", file=sys.stderr); print("three")
        """,
    "arguments": "import sys; print(sys.argv[1:], sys.argv[0].endswith('job.py'), __name__)",
    "standard input": "print(input())",
    "own modules": "import beside; print(beside.__file__.count('beside'))",
    "exit status": "import sys; print('kept'); sys.exit(7)",
    "exit message": "import sys; sys.exit('no good')",
    "exit without a word": "raise SystemExit",
    "exception": "raise ValueError('wrong')",
    "excepthook": """
        import sys
        sys.excepthook = lambda kind, error, trace: print('hooked', kind, error, trace is not None)
        raise KeyError('key')
        """,
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "exit functions": "import atexit; atexit.register(print, 'bye'); print('work')",
    "threads end first": """
        import threading, time
        threading.Thread(target=lambda: (time.sleep(0.1), print('thread'))).start()
        """,
    "signal handlers": """
        import signal
        print([signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)])
        """,
    "spawned process": """
        import multiprocessing
        def work(value): print('child', value)
        if __name__ == '__main__':
            process = multiprocessing.get_context('fork').Process(target=work, args=(3,))
            process.start(); process.join(); print(process.exitcode)
        """,
}


def run(
    executable: str, folder: Path, *words: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [executable, "-m", *(words or ("job",))],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input="typed\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
    )


def write_job(folder: Path, text: str, name: str = "job") -> None:
    lines = text.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    (folder / f"{name}.py").write_text("\n".join(line[indent:] for line in lines))


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    # A zombie has ended; what is left of it waits for its parent.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        # One that ends while its file is read gives another error than one that had ended before.
        return False


@pytest.fixture(scope="module", autouse=True)
def _importable() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.delenv("KFP_TABULAR_EVENTS", raising=False)
        yield


@pytest.fixture(scope="module")
def warm(_importable: None) -> Iterator[Interpreter]:
    with use_warm_interpreter(["decimal", "no_such_module", "fractions"]) as interpreter:
        # Other tests start interpreters of their own in the meantime.
        sys.executable = PLAIN
        yield interpreter


linux = pytest.mark.skipif(sys.platform != "linux", reason="tasks are forked on Linux only")


@pytest.mark.slow_variants
@pytest.mark.parametrize("name", JOBS)
def test_a_task_ends_as_under_the_plain_interpreter(name: str, warm: Interpreter, tmp_path: Path) -> None:
    write_job(tmp_path, "", "beside")
    write_job(tmp_path, JOBS[name])
    plain = run(PLAIN, tmp_path, "job", "a b", "--c=python3")
    forked = run(str(warm.executable), tmp_path, "job", "a b", "--c=python3")
    expected = 137 if plain.returncode == -9 else plain.returncode
    assert forked.returncode == expected
    # They import the task's module by another function of runpy, which shows in a traceback.
    assert drop_runpy(forked.stdout) == drop_runpy(plain.stdout)


def drop_runpy(text: str) -> list[str]:
    return [line for line in text.splitlines() if "<frozen runpy>" not in line]


@linux
def test_tasks_start_with_the_libraries_imported(warm: Interpreter, tmp_path: Path) -> None:
    write_job(tmp_path, "import sys; print('decimal' in sys.modules, 'fractions' in sys.modules)")
    wait_for(lambda: run(str(warm.executable), tmp_path).stdout == "True True\n")
    assert run(PLAIN, tmp_path).stdout == "False False\n"


def test_tasks_leave_nothing_behind_for_the_next(warm: Interpreter, tmp_path: Path) -> None:
    write_job(
        tmp_path,
        """
        import decimal, os, sys
        print(os.environ.get('COLOUR'), os.path.basename(os.getcwd()), hasattr(decimal, 'mark'))
        os.environ['COLOUR'] = 'blue'; os.chdir('/'); decimal.mark = 1
        """,
    )
    first = run(str(warm.executable), tmp_path, environment={"COLOUR": "red"})
    second = run(str(warm.executable), tmp_path)
    assert first.stdout == f"red {tmp_path.name} False\n"
    assert second.stdout == f"None {tmp_path.name} False\n"


def test_tasks_run_side_by_side(warm: Interpreter, tmp_path: Path) -> None:
    write_job(
        tmp_path,
        """
        import pathlib, sys, time
        pathlib.Path(sys.argv[1]).touch()
        while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)
        """,
    )
    command = [str(warm.executable), "-m", "job"]
    tasks = [subprocess.Popen([*command, *pair], cwd=tmp_path) for pair in (("a", "b"), ("b", "a"))]
    assert [task.wait(20) for task in tasks] == [0, 0]


SLEEPER = """
    import os, pathlib, subprocess, time
    child = subprocess.Popen(['sleep', '60'])
    pathlib.Path('new').write_text(f'{os.getpid()} {child.pid}')
    pathlib.Path('new').rename('pids')
    time.sleep(60)
    """


def start_sleeper(executable: Path, folder: Path) -> tuple[subprocess.Popen[bytes], list[int]]:
    write_job(folder, SLEEPER)
    client = subprocess.Popen([str(executable), "-m", "job"], cwd=folder, stderr=subprocess.DEVNULL)
    wait_for((folder / "pids").exists)
    return client, [int(pid) for pid in (folder / "pids").read_text().split()]


@linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_killed_client_takes_its_task_along(
    number: signal.Signals, warm: Interpreter, tmp_path: Path
) -> None:
    client, pids = start_sleeper(warm.executable, tmp_path)
    client.send_signal(number)
    assert client.wait(10) == (-9 if number == signal.SIGKILL else 128 + number)
    wait_for(lambda: not any(map(is_running, pids)))


@linux
@pytest.mark.parametrize("is_warm", [True, False])
def test_stopping_ends_every_task_and_lets_none_start(is_warm: bool, tmp_path: Path) -> None:
    with use_warm_interpreter([]) as interpreter:
        if not is_warm:
            end_zygote(interpreter)
        client, pids = start_sleeper(interpreter.executable, tmp_path)
        interpreter.stop()
        assert client.wait(10) == (137 if is_warm else 128 + signal.SIGTERM)
        wait_for(lambda: not any(map(is_running, pids)))
        assert not interpreter.executable.exists()


@linux
def test_the_zygote_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pipelines.local.interpreter import use_warm_interpreter\n"
        "with use_warm_interpreter([]) as warm:\n"
        "    print(warm.executable, warm._zygote.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([PLAIN, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        executable, zygote = parent.stdout.readline().split()
        client, pids = start_sleeper(Path(executable), tmp_path)
        parent.kill()
    assert client.wait(10) == 137
    wait_for(lambda: not any(map(is_running, [int(zygote), *pids])))
    shutil.rmtree(Path(executable).parent)


def end_zygote(interpreter: Interpreter) -> None:
    assert interpreter._zygote is not None
    interpreter._zygote.kill()
    interpreter._zygote.wait()


@linux
def test_without_the_zygote_the_plain_interpreter_runs_the_task(tmp_path: Path) -> None:
    write_job(tmp_path, "import sys; print('plain', 'fractions' in sys.modules); sys.exit(3)")
    with use_warm_interpreter(["fractions"]) as interpreter:
        end_zygote(interpreter)
        done = run(str(interpreter.executable), tmp_path)
        assert list(interpreter.folder.glob("[0-9]*")) == []
    assert (done.stdout, done.returncode) == ("plain False\n", 3)


def test_events_tell_of_start_and_end(warm: Interpreter, tmp_path: Path) -> None:
    write_job(tmp_path, "import sys; sys.exit(5)")
    events = tmp_path / "events.jsonl"
    output = "/runs/my python3/artifacts/p-2026/for-loop-1-iteration-0/tune/executor_output.json"
    executor_input = json.dumps({"outputs": {"outputFile": output}})
    run(
        str(warm.executable),
        tmp_path,
        *("job", "--executor_input", executor_input),
        environment={"KFP_TABULAR_EVENTS": str(events)},
    )
    start, end = (json.loads(line) for line in events.read_text().splitlines())
    assert (start["event"], start["name"], start["state"]) == ("task", "tune", "started")
    assert (end["name"], end["state"], end["status"]) == ("tune", "finished", 5)
    assert 0 < end["seconds"] <= end["time"] - start["time"] + 0.1


def test_the_path_of_the_interpreter_in_a_task_is_what_it_was_before_kfp(
    warm: Interpreter, tmp_path: Path
) -> None:
    write_job(tmp_path, "import sys; print(sys.argv[1])")
    word = "s3://data/python3/table.csv".replace("python3", str(warm.executable))
    assert run(str(warm.executable), tmp_path, "job", word).stdout == "s3://data/python3/table.csv\n"


def test_sys_executable_is_restored_and_the_folder_removed() -> None:
    with use_warm_interpreter([]) as interpreter:
        assert sys.executable == str(interpreter.executable)
        assert interpreter.folder.stat().st_mode & 0o777 == 0o700
    assert sys.executable == PLAIN
    assert not interpreter.folder.exists()


def test_a_temporary_folder_that_a_shell_would_split_is_avoided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank = tmp_path / "my folder"
    blank.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(blank))
    with use_warm_interpreter([]) as interpreter:
        assert " " not in str(interpreter.executable)


def test_a_temporary_folder_whose_path_is_too_long_for_a_socket_is_avoided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with use_warm_interpreter([]) as interpreter:
        assert not interpreter.folder.is_relative_to(deep)
