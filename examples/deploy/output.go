package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// output reports a deploy: its progress, and its result as a sentence or as JSON.
type output struct {
	*screen
	settings       settings
	to             wrapper.Deployment
	host           string
	image          string  // to push, if there is one
	newer          []newer // deploys, for status
	stdout, stderr io.Writer
	background     *lossy
}

func newOutput(s settings, stdout, stderr io.Writer) *output {
	background := newLossy(stderr)
	o := &output{settings: s, stdout: stdout, stderr: stderr, background: background}
	o.screen = &screen{to: background, columns: func() int { return columns(stderr) }}
	if !s.live {
		o.say("This is a simulation: the service is a fake in this process. Add -live to deploy to Astro.")
	}
	return o
}

// logger returns the logger of the client.
func (o *output) logger() *slog.Logger {
	handler := waits{say: o.say}
	if o.settings.verbose {
		handler.verbose = slog.NewTextHandler(o.background, &slog.HandlerOptions{Level: slog.LevelDebug})
	}
	return slog.New(handler)
}

func (o *output) begin(doing string, to wrapper.Deployment, client *wrapper.Client) {
	o.to, o.host = to, command.Host(client)
	o.say(command.OneLine(fmt.Sprintf("%s Deployment %s at %s", doing, to.DeploymentID, o.host)))
}

// end reports the result of the deploy, and returns the exit code.
func (o *output) end(result *deploys.Result, err error) int {
	o.stage("")
	_ = o.background.Close()
	r := o.report(result, err)
	code := command.Report(o.settings.name(), err, o.stderr)
	if r.Next != "" {
		_, _ = fmt.Fprintln(o.stderr, "next: "+r.Next)
	}
	results := &command.Results{To: o.stdout}
	switch {
	case o.settings.json:
		encoder := json.NewEncoder(results)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(r)
	case err == nil:
		_, _ = fmt.Fprintln(results, o.sentence(r))
	}
	if err != nil {
		return results.Code(code, "deploy", "", o.stderr)
	}
	return results.Code(code, "deploy", o.sentence(r), o.stderr)
}

// report is the JSON of a deploy.
type report struct {
	Simulated bool   `json:"simulated"`
	Host      string `json:"host,omitempty"`
	*deploys.Result
	Image string        `json:"image,omitempty"`
	Newer []newer       `json:"newer,omitempty"`
	Error string        `json:"error,omitempty"`
	Stage deploys.Stage `json:"failedStage,omitempty"`
	Next  string        `json:"next,omitempty"`
}

func (o *output) report(result *deploys.Result, err error) report {
	r := report{Simulated: !o.settings.live, Host: o.host, Result: result, Image: o.image, Newer: o.newer}
	if deploying := (*deploys.Error)(nil); errors.As(err, &deploying) {
		r.Result, r.Stage = &deploying.Result, deploying.Stage
	}
	if err != nil {
		r.Error = command.Text(err)
		r.Next = o.next(r.Result, r.Stage, err)
	}
	return r
}

// sentence describes the result of a deploy without an error.
func (o *output) sentence(r report) string {
	simulated := ""
	if r.Simulated {
		simulated = "simulated: "
	}
	if r.Unchanged {
		return fmt.Sprintf("nothing was deployed at %s, since deploy %s has the same content", r.Host, r.DeployID)
	}
	return fmt.Sprintf("%sdeploy %s is %s at %s%s", simulated, r.DeployID, r.Status, r.Host, o.details(r))
}

func (o *output) details(r report) string {
	uploaded := fmt.Sprintf("tarball version %s, files %d, bytes %d", r.TarballVersion, r.Files, r.Bytes)
	switch o.settings.step {
	case "":
		return fmt.Sprintf(": %s, %.3f s", uploaded, r.Timings.Total.Seconds())
	case upload:
		return "; uploaded " + uploaded
	case status:
		return describe(r.Newer)
	}
	if r.Image != "" {
		return "; push the image as " + r.Image
	}
	return ""
}
