"""`python3 -m account [--port N] [--http N] [--batch-slots N]`: prints its endpoints as a line of JSON, serves until stdin ends."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import threading


def main() -> None:
    options = argparse.ArgumentParser(prog="account")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--http", type=int, default=0)
    options.add_argument("--batch-slots", type=int, default=4)
    asked = options.parse_args()
    try:
        import moto.server  # noqa: F401
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        sys.exit(3)
    serve(asked)


def serve(asked) -> None:
    from . import batch, cloudformation, custom_resources, dynamodb, events, executions, functions, http_api, lambdas, machine_versions, schedules, server
    from .place import place

    aws = server.bind(asked.port)
    http = http_api.Server(("127.0.0.1", asked.http), http_api.Handler)
    os.environ["MOTO_PORT"] = str(aws.port)
    place.endpoint = f"http://127.0.0.1:{aws.port}"
    place.http = f"http://127.0.0.1:{http.server_port}"
    place.root = tempfile.mkdtemp(prefix="millrace-account-")
    place.batch_slots = asked.batch_slots
    for part in (executions, machine_versions, cloudformation, custom_resources, dynamodb, lambdas, functions, batch, events, schedules):
        part.install()
    threading.Thread(target=http.serve_forever, daemon=True).start()
    threading.Thread(target=aws.serve_forever, daemon=True).start()
    print(json.dumps({"endpoint": place.endpoint, "http": place.http}), flush=True)
    try:
        # The end of stdin is the end of whoever started this, killed or not.
        while sys.stdin.buffer.read(1):
            pass
    except KeyboardInterrupt:
        pass
    close(place.root)


def close(root: str) -> None:
    from . import children
    from .iam import rights

    if folder := os.environ.get("MILLRACE_TEST_RIGHTS"):
        # For who asks which rights no test at all needs: a file for each account.
        with open(os.path.join(folder, f"{os.getpid()}.json"), "w") as report:
            json.dump(rights.report(), report)
    children.kill_all()
    shutil.rmtree(root, ignore_errors=True)
    os._exit(0)


main()
