package chaostest

import (
	"time"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

const (
	// Token is the client's token in the chaos tests.
	Token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjE5NTUyMDB9.s3cret-of-the-token"
	// Signature is the signature in the fake's upload URLs.
	Signature = "astrotest-signature"
)

// Mishap is a fault and what the client can know about it.
type Mishap struct {
	Fault       astrotest.Fault
	Benign      bool // the client accepts the response
	InFlight    bool // the client cannot rule out that the request is still in flight
	WrongDeploy bool // the response is about another deploy, which CreateDeploy cannot detect
	Redelivered bool // the refusal of a second delivery, after which the client reads the deploy back once
	WrongStatus bool // the response shows a status that the deploy does not have
	RateLimited bool // a 429
	Forbidden   bool // a 403
	LongPause   bool // a Retry-After that is longer than the time for reading back
}

// Mishaps returns the faults for requests about one deploy. The tests draw them with equal probability.
// Over HTTP/1.1, a fault of HTTP/2 ends the connection.
func Mishaps() []Mishap {
	echo := "<pre>Authorization: Bearer " + Token + " https://storage.example/a?sv=1&sig=" + Signature + "</pre>"
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	noResponse := []astrotest.Fault{
		astrotest.CutConnection(),
		astrotest.Hang(),
		astrotest.DeadConnection(),
		astrotest.GoAway(),
		astrotest.ResetStream(astrotest.ErrCodeProtocol),
		astrotest.ResetStream(astrotest.ErrCodeInternal),
		astrotest.ResetStream(astrotest.ErrCodeRefusedStream),
		astrotest.ResetStream(astrotest.ErrCodeCancel),
		astrotest.BadGateway(),
		astrotest.Error(408, "Timeout"),
		astrotest.Error(503, "Unavailable"),
		astrotest.Error(503, "Unavailable").WithHeader("Retry-After", "3"),
		astrotest.Respond(504, "text/html", echo),
	}
	badResponse := []astrotest.Fault{
		astrotest.Respond(500, "text/html", echo),
		astrotest.Error(501, "Not implemented"),
		astrotest.Respond(200, "application/json", "{}"),
		astrotest.Respond(200, "application/json", "null"),
		astrotest.Respond(200, "application/json", `{"id":"clfake","status":"DEPL`),
		astrotest.Respond(200, "application/json", `{"id":"another","status":"DEPLOYED","type":"DAG_ONLY"}`),
		astrotest.Respond(200, "text/html", echo),
		astrotest.Respond(204, "", ""),
		astrotest.Respond(302, "text/html", echo).WithHeader("Location", "https://elsewhere.example/?sig="+Signature),
	}
	all := []Mishap{
		{Fault: astrotest.CutHeader(), InFlight: true},
		{Fault: astrotest.Slow(45 * time.Second), InFlight: true}, // beyond the attempt's deadline
		{Fault: astrotest.Slow(4 * time.Second), Benign: true},
		{Fault: set("createdAt", "yesterday"), Benign: true},
		{Fault: set("description", 5), Benign: true},
		{Fault: set("isDagDeployEnabled", "yes"), Benign: true},
		{Fault: set("createdBySubject", "somebody"), Benign: true},
		{Fault: set("newField", 1), Benign: true},
		{Fault: set("id", "another"), WrongDeploy: true},
		{Fault: set("status", "SOMETHING_NEW"), WrongStatus: true},
		{Fault: astrotest.RateLimited().WithHeader("Retry-After", "3600"), RateLimited: true, LongPause: true},
		{Fault: astrotest.Error(403, "Forbidden"), Forbidden: true},
		{Fault: astrotest.RateLimited(), RateLimited: true},
		{Fault: astrotest.RateLimited().WithHeader("Retry-After", "2"), RateLimited: true},
	}
	for _, fault := range noResponse {
		all = append(all, Mishap{Fault: fault, InFlight: true}, Mishap{Fault: fault.AfterCommit(), InFlight: true})
	}
	for _, fault := range badResponse {
		all = append(all, Mishap{Fault: fault}, Mishap{Fault: fault.AfterCommit()})
	}
	for _, fault := range []astrotest.Fault{
		astrotest.CutResponse(),
		astrotest.HangInResponse(),
		set("deploymentId", "another"),
		set("bundles", "none"),
	} {
		all = append(all, Mishap{Fault: fault})
	}
	for _, status := range []int{400, 409, 422, 429} {
		rateLimited := status == 429
		all = append(all, Mishap{Fault: astrotest.Error(status, "Invalid"), RateLimited: rateLimited},
			Mishap{Fault: astrotest.Error(status, "Already finalized").AfterCommit(), Redelivered: true, RateLimited: rateLimited})
	}
	return all
}
