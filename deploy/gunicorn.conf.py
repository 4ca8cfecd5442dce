"""How gunicorn serves the portal for the units and the image; what differs from machine to machine is in the environment.

One listening socket for all processes, no reuse_port: a process that is being recycled would go on listening without
accepting, and what the kernel gives it meanwhile would be cut.
"""

import os

bind = os.environ.get("DUBAN_BIND", "127.0.0.1:8000")
worker_class = "gthread"
workers = int(os.environ.get("DUBAN_WEB_PROCESSES", "2"))
threads = 8
preload_app = True  # loaded once, then shared by all processes
max_requests = 5000
max_requests_jitter = 500
graceful_timeout = 10
control_socket_disable = True
