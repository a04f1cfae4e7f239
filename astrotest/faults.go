package astrotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Fault is how one request goes wrong; see [Server.Inject]. Without AfterCommit the request
// takes no effect, as far as the fault's constructor does not say otherwise.
type Fault struct {
	name       string        // how it was made
	operations []string      // that it is for; none is any
	commits    bool          // the request takes effect
	edit       func(*answer) // makes the response from the service's, which is empty if !commits
	padding    int           // bytes of white space after the response
	partly     bool          // of the request's body only reads bytes are read
	reads      int64
	arrives    extent
	hangs      bool // where the response ends early, the connection stays open
	ending     ending
	code       ErrCode
	delay      time.Duration // before anything else
	then       []func()      // before the response is sent
}

// extent is how much of a response arrives.
type extent int8

const (
	all extent = iota
	none
	someHeader
	half // the header, and half of the body
)

type answer struct {
	status int
	header http.Header
	body   []byte
}

// Answer has the request responded with a status and a body of the given content type.
func Respond(status int, contentType, body string) Fault {
	return Fault{name: fmt.Sprintf("Respond(%d)", status), edit: func(a *answer) {
		*a = answer{status: status, header: http.Header{"Content-Type": {contentType}}, body: []byte(body)}
	}}
}

// Error has the request responded with an error in the contract's form.
func Error(status int, message string) Fault {
	body, _ := json.Marshal(newError(status, message))
	return Respond(status, "application/json", string(body)).named("Error(%d)", status)
}

// RateLimited has the request answered 429, with a body that is text.
func RateLimited() Fault {
	return Respond(http.StatusTooManyRequests, "text/plain", "Too many requests").named("RateLimited()")
}

// BadGateway has the request answered 502, with a body that is HTML.
func BadGateway() Fault {
	return Respond(http.StatusBadGateway, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>").named("BadGateway()")
}

// EditDeploy has the request take effect, and its response changed by edit, which gets the
// JSON object.
func EditDeploy(edit func(deploy map[string]any)) Fault {
	return Fault{name: "EditDeploy(…)", commits: true, edit: func(a *answer) {
		var deploy map[string]any
		if json.Unmarshal(a.body, &deploy) == nil {
			edit(deploy)
			a.body, _ = json.Marshal(deploy)
		}
	}}
}

// LongResponse has the request take effect, and its response followed by white space of so many
// bytes.
func LongResponse(bytes int) Fault {
	return Fault{name: fmt.Sprintf("LongResponse(%d)", bytes), commits: true, padding: bytes}
}

// CutConnection has the connection closed before anything is answered.
func CutConnection() Fault { return Fault{name: "CutConnection()", arrives: none} }

// CutHeader has the request take effect, and the connection closed amid the response's header.
func CutHeader() Fault { return Fault{name: "CutHeader()", commits: true, arrives: someHeader} }

// CutResponse has the request take effect, and the connection closed amid the response's body. An
// answer without one, such as that to an upload, arrives whole: for that there is [CutHeader].
func CutResponse() Fault { return Fault{name: "CutResponse()", commits: true, arrives: half} }

// Hang has nothing answered until the client gives up.
func Hang() Fault { return Fault{name: "Hang()", arrives: none, hangs: true} }

// HangInResponse has the request take effect, and the response stop amid its body until the
// client gives up. A response without a body arrives whole.
func HangInResponse() Fault {
	return Fault{name: "HangInResponse()", commits: true, arrives: half, hangs: true}
}

// Slow has the request take effect, and be answered, only when d has passed since its arrival,
// whether or not the client waits that long. Slow(0) changes nothing by itself: its response is
// the service's own, for [Fault.WithHeader] and [Fault.WithoutHeader].
func Slow(d time.Duration) Fault {
	return Fault{name: fmt.Sprintf("Slow(%v)", d), commits: true, delay: d}
}
