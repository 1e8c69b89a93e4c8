"""What the clock starts: beat's timetable, whose runs are jobs."""
