package chaostest

import (
	"time"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

const (
	// Token is the one that a client under chaos has.
	Token = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjE3NjE5NTUyMDB9.s3cret-of-the-token"
	// Signature is that of the fake's upload URLs.
	Signature = "astrotest-signature"
)

// Mishap is a fault and what the client can know of it.
type Mishap struct {
	Fault    astrotest.Fault
	Harmless bool // the response is as good as without it
	Pending  bool // for all that the client knows, the service may still be at it
	Foreign  bool // the response names another deploy, which one that creates cannot be seen to do
	Doubled  bool // the refusal of a second delivery, which the client reads back once
	Lies     bool // the response shows a status that the deploy does not have
	Again    bool // the client is told that nothing was done, and to come again
	Forbids  bool // it is refused for good
	Pauses   bool // the client is asked to wait for longer than looking a deploy up takes
}

// Mishaps are what goes wrong with a request that names a deploy, each with the same chance. Over
// HTTP/1.1 what is of HTTP/2 ends the connection.
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
	answered := []astrotest.Fault{
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
		{Fault: astrotest.CutHeader(), Pending: true},
		{Fault: astrotest.Slow(45 * time.Second), Pending: true}, // beyond the attempt's deadline
		{Fault: astrotest.Slow(4 * time.Second), Harmless: true},
		{Fault: set("createdAt", "yesterday"), Harmless: true},
		{Fault: set("description", 5), Harmless: true},
		{Fault: set("isDagDeployEnabled", "yes"), Harmless: true},
		{Fault: set("createdBySubject", "somebody"), Harmless: true},
		{Fault: set("newField", 1), Harmless: true},
		{Fault: set("id", "another"), Foreign: true},
		{Fault: set("status", "SOMETHING_NEW"), Lies: true},
		{Fault: astrotest.RateLimited().WithHeader("Retry-After", "3600"), Again: true, Pauses: true},
		{Fault: astrotest.Error(403, "Forbidden"), Forbids: true},
		{Fault: astrotest.RateLimited(), Again: true},
		{Fault: astrotest.RateLimited().WithHeader("Retry-After", "2"), Again: true},
	}
	for _, fault := range noResponse {
		all = append(all, Mishap{Fault: fault, Pending: true}, Mishap{Fault: fault.AfterCommit(), Pending: true})
	}
	for _, fault := range answered {
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
		again := status == 429
		all = append(all, Mishap{Fault: astrotest.Error(status, "Invalid"), Again: again}, Mishap{Fault: astrotest.Error(status, "Finalized before").AfterCommit(), Doubled: true, Again: again})
	}
	return all
}
