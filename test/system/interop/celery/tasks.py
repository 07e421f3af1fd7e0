# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A Celery application as its documentation writes one. Knows nothing of Bridgehead."""

import os
import time

from celery import Celery

app = Celery("tasks", broker=os.environ["AMQP_URL"], backend="rpc://")
app.conf.task_default_queue = os.environ["QUEUE"]
app.conf.broker_connection_retry_on_startup = True


@app.task
def add(x, y):
    return x + y


@app.task
def describe(**what):
    return {"got": what}


@app.task
def fail(why):
    raise ValueError(why)


@app.task
def crash():
    return {}["password"]


@app.task(bind=True)
def progress(self):
    self.update_state(state="PROGRESS", meta={"done": 50})
    return "done"


@app.task
def slow(s):
    time.sleep(s)
    return "late"
