"""The shape of every act on one matter, in rooms: `giving`, `handling`, `reviewing`, `reports`. What the office's rules say of it
is the service's."""
