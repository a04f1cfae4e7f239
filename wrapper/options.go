package wrapper

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/astro-finalize/astro-finalize-go/internal/check"
	"github.com/astro-finalize/astro-finalize-go/internal/ratelimit"
	"github.com/astro-finalize/astro-finalize-go/internal/retry"
)

// DefaultBaseURL is where the Astro Platform API is.
const DefaultBaseURL = "https://api.astronomer.io"

const (
	defaultAttemptTimeout = 30 * time.Second
	defaultStallTimeout   = 2 * time.Minute
)

// APIVersion is a version of the Astro Platform API.
type APIVersion string

// The versions that have the operation; both have the same paths and bodies.
const (
	V1Beta1 APIVersion = "v1beta1" // the default; the vendor's support ends in January 2027
	V1      APIVersion = "v1"      // generally available since 28 January 2026
)

// paths has where each version lies below the base URL.
var paths = map[APIVersion]string{
	V1Beta1: "/platform/v1beta1",
	V1:      "/v1",
}

// Option changes one thing about a client; see [NewClient].
type Option func(*config) error

// config is what the options fill and the chain is built from.
type config struct {
	token          string
	tokens         func(context.Context) (string, error) // in place of a token
	version        APIVersion
	baseURL        *url.URL
	httpClient     *http.Client
	attemptTimeout time.Duration
	userAgent      string
	retry          retry.Policy
	limiters       map[string]ratelimit.Limiter
	lookUp         bool
	stallTimeout   time.Duration
	pollInterval   time.Duration // 0 is the default
	logger         *slog.Logger
}

// server returns the URL that the paths of the contract are relative to.
func (cfg *config) server() *url.URL { return cfg.baseURL.JoinPath(paths[cfg.version]) }

// network returns what finds the transport, when it is used: mocks and instrumentation replace
// [http.DefaultTransport] while they are switched on.
func (cfg *config) network() func() http.RoundTripper {
	given := *cfg.httpClient // a copy: the client is its owner's
	return func() http.RoundTripper {
		if cfg.httpClient == http.DefaultClient {
			return cmp.Or(http.DefaultClient.Transport, http.DefaultTransport)
		}
		return cmp.Or(given.Transport, http.DefaultTransport)
	}
}

// WithAPIVersion selects the version of the API; the default is [V1Beta1].
func WithAPIVersion(version APIVersion) Option {
	return func(cfg *config) error {
		if _, known := paths[version]; !known {
			return invalid("apiVersion", string(version), "must be v1beta1 (V1Beta1) or v1 (V1)")
		}
		cfg.version = version
		return nil
	}
}

// WithBaseURL sets where the API is, without the version's path; the default is
// [DefaultBaseURL]. It must be https, or http to a loopback host, and have no user, query
// or fragment. A path in front of the API's own is kept.
func WithBaseURL(baseURL string) Option {
	return func(cfg *config) error {
		parsed, rule, quotable := check.BaseURL(baseURL, DefaultBaseURL, paths[V1Beta1], paths[V1])
		if !quotable {
			baseURL = ""
		}
		cfg.baseURL = parsed
		return invalid("baseURL", baseURL, rule)
	}
}

// WithHTTPClient sends requests by the Transport of client, with the cookies of its Jar, and
// ends an attempt at its Timeout if that is shorter than [WithAttemptTimeout]. Its
// CheckRedirect is not used, because no redirect is ever followed. The Transport must not
// repeat requests by itself: nobody could tell then what became of the first. It must return when
// a request's context ends: nothing else ends it, and the call waits until it does. One that wraps
// another should have CloseIdleConnections, by which a dead connection is left. Of an upload,
// only the Transport is used; one whose ExpectContinueTimeout is 0 sends the tarball before the
// storage can refuse it, so that an expired URL may look like a cut connection. It must add no
// token, which would go to the storage, too; and one that records URLs sees the signature of the
// upload URL. The default is [http.DefaultClient].
func WithHTTPClient(client *http.Client) Option {
	return func(cfg *config) error {
		if client == nil {
			return &ValidationError{Field: "httpClient", Rule: "must not be nil"}
		}
		cfg.httpClient = client
		return nil
	}
}

// WithAttemptTimeout bounds how long one attempt may take, from connecting to the response's
// last byte; the default is 30 s, 0 means no bound but the context's.
func WithAttemptTimeout(timeout time.Duration) Option {
	return func(cfg *config) error {
		cfg.attemptTimeout = timeout
		return checkTimeout("attemptTimeout", timeout)
	}
}

// WithStallTimeout sets how long an upload may go without the transport taking a byte of it
// before the attempt is given up as stalled and another one made; once the last byte is taken,
// the response has five times as long. The default is two minutes, and 0 means that only the
// context ends it. There is no other bound on an upload: slow uplinks are normal. Buffers on the
// way take bytes in steps of a megabyte or more, so leave the time that these need.
func WithStallTimeout(timeout time.Duration) Option {
	return func(cfg *config) error {
		cfg.stallTimeout = timeout
		return checkTimeout("stallTimeout", timeout)
	}
}

// WithPollInterval sets how long [Client.Wait] sleeps between two polls of a deploy: always d, in
// place of 1 s growing to 15 s, jittered. It is also how far apart the look-ups of [Client.Finalize]
// are, 3 s by default: one that is shorter than reads may lag is for tests. It must be positive.
func WithPollInterval(d time.Duration) Option {
	return func(cfg *config) error {
		if d <= 0 {
			return invalid("pollInterval", d.String(), "must be positive")
		}
		cfg.pollInterval = d
		return nil
	}
}

func checkTimeout(field string, timeout time.Duration) error {
	if timeout < 0 {
		return invalid(field, timeout.String(), "must not be negative; 0 turns it off")
	}
	return nil
}

// WithUserAgent appends suffix, such as "my-pipeline/1.2", to the User-Agent header, which
// begins with this library's name and version.
func WithUserAgent(suffix string) Option {
	return func(cfg *config) error {
		cfg.userAgent = userAgent() + " " + suffix
		return invalid("userAgent", suffix, check.UserAgent(suffix))
	}
}

const module = "github.com/astro-finalize/astro-finalize-go"

// userAgent returns this library's name and version for the User-Agent header.
func userAgent() string {
	build, _ := debug.ReadBuildInfo()
	return "astro-finalize-go/" + versionIn(build)
}

// versionIn returns the version of this module that a program was built with.
func versionIn(build *debug.BuildInfo) string {
	if build != nil {
		for _, dependency := range build.Deps {
			if dependency.Path == module && dependency.Version != "" {
				return dependency.Version
			}
		}
	}
	return "devel"
}
