# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A Celery application as its documentation writes one. It knows nothing of Bridgehead. Results must go
through the broker (rpc://): with another backend no reply would reach it."""

import os

from celery import Celery

app = Celery("tasks", broker=os.environ["AMQP_URL"], backend="rpc://")
app.conf.task_default_queue = "example.celery"
app.conf.broker_connection_retry_on_startup = True


@app.task
def add(x, y):
    return x + y


@app.task
def count(text):
    if not text:
        raise ValueError("there is nothing to count")
    return {"words": len(text.split())}


@app.task(bind=True)
def render(self, pages):
    for page in range(pages):
        self.update_state(state="PROGRESS", meta={"page": page})
    return {"pages": pages}


@app.task(ignore_result=True)
def send(to):
    print("a letter to", to)
