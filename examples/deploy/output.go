package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// output reports a deploy: its progress as a bar on a terminal and as lines elsewhere, its result
// as a sentence or as JSON.
type output struct {
	json           bool
	stdout, stderr io.Writer
	bar            *progressbar.ProgressBar // nil until the upload begins, or if there is no terminal
	onTerminal     bool
	reported       int64 // quarters of the upload that were reported as lines
}

func newOutput(asJSON bool, stdout, stderr io.Writer) *output {
	return &output{json: asJSON, stdout: stdout, stderr: stderr, onTerminal: isTerminal(stderr)}
}

func isTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	if !isFile {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (o *output) begin(live bool, folder string, to wrapper.Deployment, host string) {
	if !live {
		_, _ = fmt.Fprintln(o.stderr, "This is a simulation: the service is a fake in this process. Add -live to deploy to Astro.")
	}
	_, _ = fmt.Fprintf(o.stderr, "deploying %s to Deployment %s at %s\n", folder, to.DeploymentID, host)
}

// progress reports the bytes of the upload.
func (o *output) progress(sent, total int64) {
	if !o.onTerminal {
		quarter := 4 * sent / total
		if quarter != o.reported {
			_, _ = fmt.Fprintf(o.stderr, "uploaded %d of %d bytes\n", sent, total)
		}
		o.reported = quarter // falls when the upload is retried
		return
	}
	if o.bar == nil {
		o.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(o.stderr),
			progressbar.OptionSetDescription("uploading"),
			progressbar.OptionShowBytes(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	_ = o.bar.Set64(sent)
}

// end reports the result of the deploy.
func (o *output) end(result *deploys.Result, err error) {
	if o.bar != nil {
		_ = o.bar.Clear()
	}
	if err != nil {
		_, _ = fmt.Fprintf(o.stderr, "deploy: %v\n", err)
	}
	switch {
	case o.json:
		o.writeJSON(result, err)
	case err == nil:
		_, _ = fmt.Fprintf(o.stdout, "deploy %s is %s: tarball version %s, files %d, bytes %d, %.3f s\n",
			result.DeployID, result.Status, result.TarballVersion, result.Files, result.Bytes, result.Timings.Total.Seconds())
	}
}

func (o *output) writeJSON(result *deploys.Result, err error) {
	report := struct {
		*deploys.Result
		Error string        `json:"error,omitempty"`
		Stage deploys.Stage `json:"failedStage,omitempty"`
	}{Result: result}
	var deploying *deploys.Error
	if errors.As(err, &deploying) {
		report.Result, report.Stage = &deploying.Result, deploying.Stage
	}
	if err != nil {
		report.Error = err.Error()
	}
	encoder := json.NewEncoder(o.stdout)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(report)
}
