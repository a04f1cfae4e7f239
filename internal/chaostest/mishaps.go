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
	Harmless bool // the answer is as good as without it
	Pending  bool // for all that the client knows, the service may be at it yet
	Foreign  bool // the answer names another deploy, which one that creates cannot be seen to do
}

// Mishaps are what goes wrong with a request that names a deploy, each with the same chance.
func Mishaps() []Mishap {
	echo := "<pre>Authorization: Bearer " + Token + " https://storage.example/a?sv=1&sig=" + Signature + "</pre>"
	set := func(field string, value any) astrotest.Fault {
		return astrotest.EditDeploy(func(deploy map[string]any) { deploy[field] = value })
	}
	unanswered := []astrotest.Fault{
		astrotest.CutConnection(),
		astrotest.Hang(),
		astrotest.BadGateway(),
		astrotest.Error(408, "Timeout"),
		astrotest.Error(503, "Unavailable"),
		astrotest.Error(503, "Unavailable").WithHeader("Retry-After", "3"),
		astrotest.Answer(504, "text/html", echo),
	}
	answered := []astrotest.Fault{
		astrotest.Answer(500, "text/html", echo),
		astrotest.Error(501, "Not implemented"),
		astrotest.Answer(200, "application/json", "{}"),
		astrotest.Answer(200, "application/json", "null"),
		astrotest.Answer(200, "application/json", `{"id":"clfake","status":"DEPL`),
		astrotest.Answer(200, "application/json", `{"id":"another","status":"DEPLOYED","type":"DAG_ONLY"}`),
		astrotest.Answer(200, "text/html", echo),
		astrotest.Answer(204, "", ""),
		astrotest.Answer(302, "text/html", echo).WithHeader("Location", "https://elsewhere.example/?sig="+Signature),
	}
	all := []Mishap{
		{Fault: astrotest.CutHeader(), Pending: true},
		{Fault: astrotest.Slow(45 * time.Second), Pending: true}, // beyond the attempt's deadline
		{Fault: astrotest.Slow(10 * time.Second), Harmless: true},
		{Fault: set("createdAt", "yesterday"), Harmless: true},
		{Fault: set("newField", 1), Harmless: true},
		{Fault: set("id", "another"), Foreign: true},
	}
	for _, fault := range unanswered {
		all = append(all, Mishap{Fault: fault, Pending: true}, Mishap{Fault: fault.AfterCommit(), Pending: true})
	}
	for _, fault := range answered {
		all = append(all, Mishap{Fault: fault}, Mishap{Fault: fault.AfterCommit()})
	}
	for _, fault := range []astrotest.Fault{
		astrotest.CutAnswer(),
		astrotest.HangInAnswer(),
		set("deploymentId", "another"),
		set("isDagDeployEnabled", "yes"),
		astrotest.RateLimited(),
		astrotest.RateLimited().WithHeader("Retry-After", "2"),
		astrotest.RateLimited().WithHeader("Retry-After", "3600"),
		astrotest.Error(400, "Invalid request"),
		astrotest.Error(403, "Forbidden"),
	} {
		all = append(all, Mishap{Fault: fault})
	}
	return all
}
