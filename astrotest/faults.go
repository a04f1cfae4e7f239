package astrotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Fault makes one request fail; see [Server.Inject]. The request takes no effect, unless the
// fault's constructor says that it does or [Fault.AfterCommit] is called.
type Fault struct {
	name       string          // the calls that made it
	operations []string        // that it applies to; empty for any
	commits    bool            // the request takes effect
	fails      bool            // the deploy that the request finalizes becomes FAILED
	edit       func(*response) // changes the service's response, which is empty if !commits
	padding    int             // bytes of white space after the response
	limitsBody bool            // read only bodyLimit bytes of the request's body
	bodyLimit  int64
	arrives    extent
	hangs      bool // the connection stays open after a partial response
	ending     ending
	code       ErrCode
	delay      time.Duration // before anything else
	then       []func()      // before the response is sent
}

// extent is how much of a response is sent.
type extent int8

const (
	all extent = iota
	none
	someHeader
	half // the header, and half of the body
)

type response struct {
	status int
	header http.Header
	body   []byte
}

// Respond makes the server respond with a status, and a body of the given content type.
func Respond(status int, contentType, body string) Fault {
	return Fault{name: fmt.Sprintf("Respond(%d)", status), edit: func(res *response) {
		*res = response{status: status, header: http.Header{"Content-Type": {contentType}}, body: []byte(body)}
	}}
}

// Error makes the server respond with an error in the contract's format.
func Error(status int, message string) Fault {
	body, _ := json.Marshal(newError(status, message))
	return Respond(status, "application/json", string(body)).named("Error(%d)", status)
}

// RateLimited makes the server respond with 429 and a plain text body.
func RateLimited() Fault {
	return Respond(http.StatusTooManyRequests, "text/plain", "Too many requests").named("RateLimited()")
}

// Hibernating makes the server refuse to create a deploy, with the 400 of the service for a Deployment
// that hibernates: a body without a requestId. Whether the service also refuses other operations is
// not known; use [Fault.On] to test one.
func Hibernating() Fault {
	fault := Respond(http.StatusBadRequest, "application/json", `{"message":"Deploy is blocked because Deployment is in HIBERNATING state","statusCode":400}`).named("Hibernating()")
	fault.operations = []string{"CreateDeploy"}
	return fault
}

// FailedDeploy accepts a finalize, but the deploy becomes FAILED and its Deployment does not change. With
// [WithDeployedAfter] the response still shows INITIALIZED. It applies to FinalizeDeploy.
func FailedDeploy() Fault {
	return Fault{name: "FailedDeploy()", commits: true, fails: true, operations: []string{"FinalizeDeploy"}}
}

// failsKey is set in the context of a request with FailedDeploy.
type failsKey struct{}

// BadGateway makes the server respond with 502 and an HTML body.
func BadGateway() Fault {
	return Respond(http.StatusBadGateway, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>").named("BadGateway()")
}

// EditDeploy lets the request take effect, and changes the JSON object of its response with edit.
func EditDeploy(edit func(deploy map[string]any)) Fault {
	return Fault{name: "EditDeploy(…)", commits: true, edit: func(res *response) {
		var deploy map[string]any
		if json.Unmarshal(res.body, &deploy) == nil {
			edit(deploy)
			res.body, _ = json.Marshal(deploy)
		}
	}}
}

// LongResponse lets the request take effect, and appends a number of bytes of white space to its
// response.
func LongResponse(bytes int) Fault {
	return Fault{name: fmt.Sprintf("LongResponse(%d)", bytes), commits: true, padding: bytes}
}

// CutConnection closes the connection before any of the response is sent.
func CutConnection() Fault { return Fault{name: "CutConnection()", arrives: none} }

// CutHeader lets the request take effect, and closes the connection in the middle of the response's
// header.
func CutHeader() Fault { return Fault{name: "CutHeader()", commits: true, arrives: someHeader} }

// CutResponse lets the request take effect, and closes the connection in the middle of the
// response's body. A response without a body, such as that of an upload, is sent in full: use
// [CutHeader] for those.
func CutResponse() Fault { return Fault{name: "CutResponse()", commits: true, arrives: half} }

// Hang sends no response until the client gives up.
func Hang() Fault { return Fault{name: "Hang()", arrives: none, hangs: true} }

// HangInResponse lets the request take effect, and stops in the middle of the response's body until
// the client gives up. A response without a body is sent in full.
func HangInResponse() Fault {
	return Fault{name: "HangInResponse()", commits: true, arrives: half, hangs: true}
}

// Slow delays a request by d after its arrival. It then takes effect and gets its response, even if
// the client no longer waits. Slow(0) changes nothing on its own: combine it with
// [Fault.WithHeader] or [Fault.WithoutHeader] to change the service's own response.
func Slow(d time.Duration) Fault {
	return Fault{name: fmt.Sprintf("Slow(%v)", d), commits: true, delay: d}
}
