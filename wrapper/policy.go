package wrapper

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"path"
	"strings"
)

// outcome is what the end of an attempt says of the request.
type outcome int8

const (
	answered   outcome = iota // the service had its say
	withheld                  // nothing was sent, and nothing will be
	turnedAway                // it was not carried out, and may be repeated
	lost                      // it may have been carried out; another attempt may tell
	pending                   // it may have been carried out, or may be yet; another attempt may tell
	unclear                   // it may have been carried out; another attempt will not tell
	underWay                  // it may have been carried out, or may be yet; another attempt will not tell
)

// judge is the retry policy, which the package documentation has as a table.
func judge(asked *call, response *http.Response, err error) outcome {
	if err != nil {
		return judgeError(err)
	}
	body := response.Body.(*readBody)
	body.wrong = asked.read(response)
	switch status := response.StatusCode; status {
	case http.StatusOK:
		switch {
		case body.wrong == nil:
			return answered
		case errors.Is(body.wrong, errNotFinalized), body.err != nil:
			return pending
		}
		return lost
	case http.StatusTooManyRequests:
		return turnedAway
	case http.StatusInternalServerError:
		return lost
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return pending // a gateway says so, of a service that may still be at it
	case http.StatusAccepted, statusOriginUnknown, statusOriginUnreachable, statusOriginTimeout:
		return underWay
	default:
		if status < 400 || status >= 500 {
			return unclear
		}
		return answered
	}
}

// What a content delivery network in front of a service says of it.
const (
	statusOriginUnknown     = 520
	statusOriginUnreachable = 522
	statusOriginTimeout     = 524
)

// judgeError judges an attempt that brought no answer.
func judgeError(err error) outcome {
	var own *unsent
	var distrusted *tls.CertificateVerificationError
	var unconnected *unconnected
	var connecting *net.OpError
	switch {
	case errors.As(err, &own), errors.As(err, &distrusted):
		return withheld
	case errors.As(err, &unconnected), errors.As(err, &connecting) && (connecting.Op == "dial" || connecting.Op == "proxyconnect"):
		return turnedAway
	default:
		return pending
	}
}

// isRepeatable reports whether a request may be repeated after an attempt that ended so.
func isRepeatable(request *http.Request, end outcome) bool {
	if request.Body != nil && request.Body != http.NoBody && request.GetBody == nil {
		return false // there is nothing left to send
	}
	return end == turnedAway || (end == lost || end == pending) && isHarmless(request)
}

// isHarmless reports whether a request may be carried out twice: a read and, of those that
// change something, the finalize alone. The vendor guarantees nothing of the kind for requests
// that create, and whatever the contract gains counts as one.
func isHarmless(request *http.Request) bool {
	switch request.Method {
	case http.MethodGet:
		return true
	case http.MethodPost:
		deploy, isFinalize := strings.CutSuffix(request.URL.Path, "/finalize")
		return isFinalize && path.Base(path.Dir(deploy)) == "deploys"
	}
	return false
}
