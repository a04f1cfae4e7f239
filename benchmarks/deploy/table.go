package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

const megabyte = 1e6

// printTable prints a row for each way. Ratios are computed within each round: their median, lowest and
// highest are shown.
func printTable(out io.Writer, chosen []way, rounds []map[string]measurement) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "%s : time\tlowest to highest\ttime\tCPU\tbytes : %s\tbytes\trequests\tpeak memory\t\n", baseline, baseline)
	for _, way := range chosen {
		var faster, times, cpu, larger []float64
		var last measurement
		var peak int64
		for _, round := range rounds {
			last = round[way.name]
			times = append(times, last.took.Seconds())
			cpu = append(cpu, last.cpu.Seconds())
			peak = max(peak, last.peak)
			if base, measured := round[baseline]; measured {
				faster = append(faster, base.took.Seconds()/last.took.Seconds())
				larger = append(larger, float64(last.bytes)/float64(base.bytes))
			}
		}
		slices.Sort(faster)
		ratio, spread, size := "-", "-", "-"
		if len(faster) > 0 {
			ratio = fmt.Sprintf("%.2f", median(faster))
			spread = fmt.Sprintf("%.2f to %.2f", faster[0], faster[len(faster)-1])
			size = fmt.Sprintf("%.3f", median(larger))
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%.2f s\t%.2f s\t%s\t%.2f MB\t%d\t%.1f MB\t%s\n", ratio, spread, median(times), median(cpu), size,
			float64(last.bytes)/megabyte, last.requests, float64(peak)/megabyte, way.name)
	}
	return table.Flush()
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
