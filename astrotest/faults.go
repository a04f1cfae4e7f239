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
	edit       func(*answer) // makes the answer from the service's, which is empty if !commits
	padding    int           // bytes of white space after the answer
	partly     bool          // of the request's body only reads bytes are read
	reads      int64
	arrives    extent
	hangs      bool // where the answer ends early, the connection stays open
	ending     ending
	code       ErrCode
	delay      time.Duration // before anything else
	then       []func()      // before the answer is sent
}

// extent is how much of an answer arrives.
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

// Answer has the request answered with a status and a body of the given content type.
func Answer(status int, contentType, body string) Fault {
	return Fault{name: fmt.Sprintf("Answer(%d)", status), edit: func(a *answer) {
		*a = answer{status: status, header: http.Header{"Content-Type": {contentType}}, body: []byte(body)}
	}}
}

// Error has the request answered with an error in the contract's form.
func Error(status int, message string) Fault {
	body, _ := json.Marshal(newError(status, message))
	return Answer(status, "application/json", string(body)).named("Error(%d)", status)
}

// RateLimited has the request answered 429, with a body that is text.
func RateLimited() Fault {
	return Answer(http.StatusTooManyRequests, "text/plain", "Too many requests").named("RateLimited()")
}

// BadGateway has the request answered 502, with a body that is HTML.
func BadGateway() Fault {
	return Answer(http.StatusBadGateway, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>").named("BadGateway()")
}

// EditDeploy has the request take effect, and its answer changed by edit, which gets the
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

// LongAnswer has the request take effect, and its answer followed by white space of so many
// bytes.
func LongAnswer(bytes int) Fault {
	return Fault{name: fmt.Sprintf("LongAnswer(%d)", bytes), commits: true, padding: bytes}
}

// CutConnection has the connection closed before anything is answered.
func CutConnection() Fault { return Fault{name: "CutConnection()", arrives: none} }

// CutHeader has the request take effect, and the connection closed amid the answer's header.
func CutHeader() Fault { return Fault{name: "CutHeader()", commits: true, arrives: someHeader} }

// CutAnswer has the request take effect, and the connection closed amid the answer's body. An
// answer without one, such as that to an upload, arrives whole: for that there is [CutHeader].
func CutAnswer() Fault { return Fault{name: "CutAnswer()", commits: true, arrives: half} }

// Hang has nothing answered until the client gives up.
func Hang() Fault { return Fault{name: "Hang()", arrives: none, hangs: true} }

// HangInAnswer has the request take effect, and the answer stop amid its body until the
// client gives up. An answer without a body arrives whole.
func HangInAnswer() Fault {
	return Fault{name: "HangInAnswer()", commits: true, arrives: half, hangs: true}
}

// Slow has the request take effect, and be answered, only when d has passed since its arrival,
// whether or not the client waits that long. Slow(0) changes nothing by itself: its answer is
// the service's own, for [Fault.WithHeader] and [Fault.WithoutHeader].
func Slow(d time.Duration) Fault {
	return Fault{name: fmt.Sprintf("Slow(%v)", d), commits: true, delay: d}
}
