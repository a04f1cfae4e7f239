package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// output reports a deploy: its progress as a bar on a terminal and as lines elsewhere, its result
// as a sentence or as JSON.
type output struct {
	json           bool
	step           string
	image          string // to push, if there is one
	stdout, stderr io.Writer
	bar            *progressbar.ProgressBar // nil until the upload begins, or if there is no terminal
	onTerminal     bool
	reported       int64 // quarters of the upload that were reported as lines
}

func newOutput(s settings, stdout, stderr io.Writer) *output {
	if !s.live {
		_, _ = fmt.Fprintln(stderr, "This is a simulation: the service is a fake in this process. Add -live to deploy to Astro.")
	}
	return &output{json: s.json, step: s.step, stdout: stdout, stderr: stderr, onTerminal: isTerminal(stderr)}
}

func isTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	if !isFile {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (o *output) begin(doing string, to wrapper.Deployment, host string) {
	_, _ = fmt.Fprintf(o.stderr, "%s Deployment %s at %s\n", doing, to.DeploymentID, host)
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
		_ = command.Report("deploy", err, o.stderr)
	}
	switch {
	case o.json:
		o.writeJSON(result, err)
	case err == nil && result.Unchanged:
		_, _ = fmt.Fprintf(o.stdout, "nothing was deployed, since deploy %s has the same content\n", result.DeployID)
	case err == nil:
		_, _ = fmt.Fprintf(o.stdout, "deploy %s is %s%s\n", result.DeployID, result.Status, o.details(result))
	}
}

func (o *output) details(result *deploys.Result) string {
	uploaded := fmt.Sprintf("tarball version %s, files %d, bytes %d", result.TarballVersion, result.Files, result.Bytes)
	switch {
	case o.step == "":
		return fmt.Sprintf(": %s, %.3f s", uploaded, result.Timings.Total.Seconds())
	case o.image != "":
		return "; push the image as " + o.image
	case o.step == upload:
		return "; uploaded " + uploaded
	}
	return ""
}

func (o *output) writeJSON(result *deploys.Result, err error) {
	report := struct {
		*deploys.Result
		Image string        `json:"image,omitempty"`
		Error string        `json:"error,omitempty"`
		Stage deploys.Stage `json:"failedStage,omitempty"`
	}{Result: result, Image: o.image}
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
