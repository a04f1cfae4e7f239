package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/simulator"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// output reports a deploy: its progress, and its result as a sentence or as JSON.
type output struct {
	*screen
	settings    settings
	to          wrapper.Deployment
	host        string
	image       string  // to push, if there is one
	newer       []newer // deploys, for status
	isSimulator bool
	stdout      io.Writer
	background  *lossy // standard error
}

func newOutput(s settings, stdout, stderr io.Writer) *output {
	background := newLossy(stderr)
	o := &output{settings: s, isSimulator: !s.live, stdout: stdout, background: background}
	o.screen = &screen{to: background, columns: func() int { return columns(stderr) }}
	if !s.live {
		o.say("This is a simulation: the service is a fake in this process. Add -live to deploy to Astro.")
	}
	return o
}

// logger returns the logger of the client.
func (o *output) logger() *slog.Logger {
	handler := waits{say: o.sayWait}
	if o.settings.verbose {
		handler.verbose = slog.NewTextHandler(o.background, &slog.HandlerOptions{Level: slog.LevelDebug})
	}
	return slog.New(handler)
}

// at notes where the requests go.
func (o *output) at(to wrapper.Deployment, client *wrapper.Client) {
	o.to, o.host = to, command.Host(client)
	o.isSimulator = !o.settings.live || simulator.IsAt(client.API().Server)
}

func (o *output) begin(doing string, to wrapper.Deployment) {
	o.say(command.OneLine(fmt.Sprintf("%s Deployment %s at %s", doing, to.DeploymentID, o.host)))
}

// end reports the result of the deploy, and returns the exit code.
func (o *output) end(result *deploys.Result, err error) int {
	o.stage("")
	limit := unread
	if !o.background.Flush(limit) {
		limit = 0 // nobody reads it
	}
	r := o.report(result, err)
	code := command.Report(o.settings.name(), err, o.background)
	if r.Next != "" {
		_, _ = fmt.Fprintln(o.background, "next: "+r.Next)
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
	sentence := ""
	if err == nil {
		sentence = o.sentence(r)
	}
	code = results.Code(code, "deploy", sentence, o.background)
	o.background.Flush(limit)
	o.background.Close()
	return code
}

// unread is how long the program waits for a reader of standard error at its end.
const unread = 5 * time.Second

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
	r := report{Simulated: o.isSimulator, Host: o.host, Result: result, Image: o.image, Newer: o.newer}
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
		return command.OneLine(fmt.Sprintf("%snothing was deployed at %s, since deploy %s has the same content", simulated, r.Host, r.DeployID))
	}
	return command.OneLine(fmt.Sprintf("%sdeploy %s is %s at %s%s", simulated, r.DeployID, r.Status, r.Host, o.details(r)))
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
