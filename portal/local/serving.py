"""Gunicorn's settings, for every way of starting it: `gunicorn -c python:portal.local.serving -b ADDRESS wsgi:app`.

One listening socket for all processes, no `reuse_port`: a process that is being recycled would go on listening without
accepting, and what the kernel gives it meanwhile would be cut.
"""

proc_name = "duban"
worker_class = "portal.local.arrivals.ArrivalsWorker"  # threads, taken by whoever has finished asking
workers = 2
threads = 8
sendfile = False  # or a thread would write a file for as long as its reader likes
preload_app = True  # loaded once, so that its processes share what was loaded
control_socket_disable = True
max_requests = 5000
max_requests_jitter = 500
graceful_timeout = 10
