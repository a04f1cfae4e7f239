package main

import (
	"fmt"
	"io"
	"strings"
)

const pythonHead = `"""%s."""
from __future__ import annotations

from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

DEFAULT_ARGS = {"owner": "%s", "retries": %d, "retry_delay": timedelta(minutes=%d)}


@dag(schedule="%d %d * * *", start_date=datetime(%d, %d, %d), catchup=False, default_args=DEFAULT_ARGS, tags=["%s", "%s"])
def %s():
`

// writePython writes a DAG: a header, tasks, and comments up to the size.
func writePython(author *author, out io.Writer, size int) error {
	name := author.words(3, "_")
	var dag strings.Builder
	fmt.Fprintf(&dag, pythonHead, author.words(6, " "), author.word(), author.between(0, 5), author.between(1, 30),
		author.between(0, 59), author.between(0, 23), author.between(2020, 2025), author.between(1, 12), author.between(1, 28),
		author.word(), author.word(), name)
	end := fmt.Sprintf("\n\n%s()\n", name)
	for dag.Len()+len(end) < size {
		text := pythonTask(author)
		if dag.Len()+len(text)+len(end) > size {
			break
		}
		dag.WriteString(text)
	}
	dag.WriteString(end)
	for dag.Len() < size {
		fmt.Fprintf(&dag, "# %s\n", author.words(9, " "))
	}
	_, err := io.WriteString(out, dag.String()[:size])
	return err
}

func pythonTask(author *author) string {
	name, table, column := author.words(2, "_"), author.words(2, "_"), author.word()
	switch author.random.IntN(3) {
	case 0:
		return fmt.Sprintf(`
    @task(retries=%d, execution_timeout=timedelta(minutes=%d))
    def load_%s(ds: str | None = None) -> int:
        """Load the %s of the day into %s."""
        hook = S3Hook(aws_conn_id="%s")
        keys = hook.list_keys(bucket_name="%s", prefix=f"%s/{ds}/")
        rows = 0
        for key in keys:
            for line in hook.read_key(key, "%s").splitlines():
                if line and not line.startswith("#"):
                    rows += 1
        return rows
`, author.between(1, 9), author.between(5, 90), name, author.words(3, " "), table, author.word(), author.words(2, "-"), column, author.words(2, "-"))
	case 1:
		return fmt.Sprintf(`
    %s = SQLExecuteQueryOperator(
        task_id="%s",
        conn_id="%s",
        sql="""
            SELECT %s, %s, sum(%s) AS total, count(*) AS n
            FROM %s.%s
            WHERE created_at >= '{{ ds }}' AND %s > %d
            GROUP BY 1, 2
        """,
    )
`, name, name, author.word(), column, author.word(), author.word(), author.word(), table, author.word(), author.between(1, 5000))
	default:
		return fmt.Sprintf(`
    @task
    def check_%s(total: int) -> None:
        # %s
        if total < %d:
            raise ValueError(f"%s: {total} rows, expected at least %d")
        print("%s", total, "%s")
`, name, author.words(8, " "), author.between(10, 9000), author.words(3, " "), author.between(10, 9000), author.word(), author.words(2, " "))
	}
}
