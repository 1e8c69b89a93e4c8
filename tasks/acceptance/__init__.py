"""What accepting a job changes at once, in one transaction with the job itself.

For the API, the back office and scheduled jobs alike: checked now, and again by the job.
"""
