package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// table describes the rows of CSV and SQL files.
type table struct {
	name    string
	columns []string
	row     func(author *author, id int, at time.Time) []string
}

var tables = []table{
	{"orders", strings.Fields("id ordered_at city product quantity price status"), func(author *author, id int, at time.Time) []string {
		return []string{fmt.Sprint(id), at.Format(time.DateTime), author.oneOf(cities), author.words(3, " "),
			fmt.Sprint(author.between(1, 9)), fmt.Sprintf("%d.%02d", author.between(1, 300), author.between(0, 99)), author.oneOf(states)}
	}},
	{"readings", strings.Fields("sensor_id read_at temperature humidity pressure battery"), func(author *author, id int, at time.Time) []string {
		return []string{fmt.Sprint(id % 500), at.Format(time.RFC3339), fmt.Sprintf("%.2f", 18+4*author.random.NormFloat64()),
			fmt.Sprintf("%.1f", 55+9*author.random.NormFloat64()), fmt.Sprintf("%.1f", 1013+6*author.random.NormFloat64()), fmt.Sprint(author.between(20, 100))}
	}},
	{"events", strings.Fields("id happened_at customer_id page referrer comment"), func(author *author, id int, at time.Time) []string {
		return []string{fmt.Sprint(id), at.Format(time.DateTime), fmt.Sprint(author.between(10_000, 99_999)), "/" + author.words(2, "/"),
			"https://www.example.com/" + author.words(2, "-"), author.words(author.between(2, 12), " ")}
	}},
}

func writeCSV(author *author, out io.Writer, size int) error {
	source := tables[author.random.IntN(len(tables))]
	return writeRows(author, out, size, source, strings.Join(source.columns, ",")+"\n", func(fields []string) string {
		return strings.Join(fields, ",") + "\n"
	})
}

func writeSQL(author *author, out io.Writer, size int) error {
	source := tables[author.random.IntN(len(tables))]
	into := fmt.Sprintf("INSERT INTO public.%s (%s) VALUES ('", source.name, strings.Join(source.columns, ", "))
	return writeRows(author, out, size, source, "BEGIN;\n", func(fields []string) string {
		return into + strings.Join(fields, "', '") + "');\n"
	})
}

// writeRows writes rows until there are size bytes.
func writeRows(author *author, out io.Writer, size int, source table, head string, line func(fields []string) string) error {
	id, at := author.between(1_000_000, 9_000_000), time.Date(author.between(2020, 2025), 1, author.between(1, 31), 0, 0, 0, 0, time.UTC)
	for text := head; size > 0; text = line(source.row(author, id, at)) {
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
		size -= len(text)
		id += author.between(1, 3)
		at = at.Add(time.Duration(author.between(0, 90)) * time.Second)
	}
	return nil
}
