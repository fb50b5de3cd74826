"""Long work, done apart from the pages: a queue in PostgreSQL (procrastinate), a worker, a process for each task.

The page writes a task down (`store.tasks`) and puts its id on the queue. The worker takes it and runs it in a process
of its own, so that a cancelled one ends at once and one that dies takes nothing with it. What a task does can be done
again: files already taken in are found unchanged, a scenario saved twice is the same.
"""
