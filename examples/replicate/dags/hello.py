"""Says hello once a day."""

from datetime import datetime

from airflow.decorators import dag, task


@dag(schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False)
def hello():
    @task
    def say():
        print("Hello, Astro!")

    say()


hello()
