"""The worker and the clock that rings it. They trust RQ with nothing: what must happen is a row in the database."""
