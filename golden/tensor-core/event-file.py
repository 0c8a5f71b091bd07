"""Records of a TensorBoard event file, written by TensorBoard's own writer and read back; and a reader for folders that ours wrote.

    python3 -m venv env && env/bin/pip install tensorboard==2.21.0
    env/bin/python golden/tensor-core/event-file.py          writes event-file.json beside this file
    env/bin/python golden/tensor-core/event-file.py FOLDER   prints the scalars that TensorBoard finds in a folder
"""

import io
import json
import pathlib
import sys

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

if len(sys.argv) > 1:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(sys.argv[1])
    found.Reload()
    print(json.dumps({tag: [[e.step, e.value] for e in found.Scalars(tag)] for tag in found.Tags()["scalars"]}))
else:
    value = Summary.Value
    events = [
        Event(wall_time=1.5, step=0, file_version="brain.Event:2"),
        Event(wall_time=2, step=7, session_log=SessionLog(status=SessionLog.START)),
        Event(wall_time=2.5, step=7, summary=Summary(value=[value(tag="loss", simple_value=0.1), value(tag="rate/call", simple_value=0.15)])),
        Event(wall_time=3, step=300, summary=Summary(value=[value(tag="loss", simple_value=float("inf"))])),
    ]
    records = []
    for event in events:
        file = io.BytesIO()
        RecordWriter(file).write(event.SerializeToString())
        records.append(file.getvalue().hex())
    pathlib.Path(__file__).with_name("event-file.json").write_text(json.dumps({"records": records}, indent=1) + "\n")
