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
	"github.com/astro-finalize/astro-finalize-go/internal/transport"
)

// DefaultBaseURL is the URL of the Astro Platform API.
const DefaultBaseURL = "https://api.astronomer.io"

const (
	defaultAttemptTimeout = 30 * time.Second
	defaultStallTimeout   = 2 * time.Minute
)

// APIVersion is a version of the Astro Platform API.
type APIVersion string

// The versions of the API. They differ only in their base paths, the git of a deploy and the fieldErrors of an
// error.
const (
	// V1Beta1 is where a client starts by default: /platform/v1beta1 below the base URL.
	//
	// Deprecated: The vendor ends its support in January 2027. Without [WithAPIVersion] a client moves
	// to V1 automatically; to use V1 now, pass WithAPIVersion(V1).
	V1Beta1 APIVersion = "v1beta1"
	// V1 is /v1 below the base URL. It has been generally available since 28 January 2026.
	V1 APIVersion = "v1"
)

// defaultVersion is where a client without a pinned version starts. From V1Beta1, it moves to V1 once
// V1Beta1 is gone.
const defaultVersion = V1Beta1

// paths are the paths of the versions below the base URL.
var paths = map[APIVersion]string{
	V1Beta1: "/platform/v1beta1",
	V1:      "/v1",
}

// Option configures a client; see [NewClient].
type Option func(*config) error

// config is what the options set.
type config struct {
	token          string
	tokens         func(context.Context) (string, error) // instead of a token
	pinned         APIVersion                            // "" lets the client move from V1Beta1 to V1
	baseURL        *url.URL
	httpClient     *http.Client
	attemptTimeout time.Duration
	userAgent      string
	header         http.Header // nil if there is none
	retry          retry.Policy
	limiters       map[string]ratelimit.Limiter
	lookUp         bool
	stallTimeout   time.Duration
	pollInterval   time.Duration // 0 is the default
	logger         *slog.Logger
}

// server returns the URL that the paths of the contract are relative to in a version.
func (cfg *config) server(version APIVersion) *url.URL { return cfg.baseURL.JoinPath(paths[version]) }

// versions returns the versions that the client moves between; nil if it stays where it starts.
func (cfg *config) versions() *transport.Versions {
	if cfg.pinned != "" || defaultVersion == V1 {
		return nil
	}
	return &transport.Versions{Old: cfg.server(V1Beta1), New: cfg.server(V1)}
}

// network returns a function that finds the transport when it is used, since mocks and instrumentation
// replace [http.DefaultTransport] at run time.
func (cfg *config) network() func() http.RoundTripper {
	given := *cfg.httpClient // a copy, since the caller may change the client
	return func() http.RoundTripper {
		if cfg.httpClient == http.DefaultClient {
			return cmp.Or(http.DefaultClient.Transport, http.DefaultTransport)
		}
		return cmp.Or(given.Transport, http.DefaultTransport)
	}
}

// WithAPIVersion pins the version of the API. By default a client starts at [V1Beta1] and moves to
// [V1] once V1Beta1 is gone.
func WithAPIVersion(version APIVersion) Option {
	return func(cfg *config) error {
		if _, known := paths[version]; !known {
			return invalid("apiVersion", string(version), "must be v1beta1 (V1Beta1) or v1 (V1)")
		}
		cfg.pinned = version
		return nil
	}
}

// WithBaseURL sets the URL of the API, without the version's path. It must be https, or http to a
// loopback host, without user, query or fragment; a path is allowed and comes before the API's own. The
// default is the environment variable ASTRO_API_URL or, if that is unset or empty, [DefaultBaseURL].
func WithBaseURL(baseURL string) Option {
	return func(cfg *config) error { return cfg.setBaseURL("baseURL", baseURL) }
}

func (cfg *config) setBaseURL(field, baseURL string) error {
	parsed, rule, quotable := check.BaseURL(baseURL, DefaultBaseURL, paths[V1Beta1], paths[V1])
	if !quotable {
		baseURL = ""
	}
	cfg.baseURL = parsed
	return invalid(field, baseURL, rule)
}

// WithHTTPClient sets the HTTP client, [http.DefaultClient] by default. Its Transport and Jar are used,
// and its Timeout for an attempt if that is shorter than [WithAttemptTimeout]. CheckRedirect is not used,
// since redirects are never followed. Uploads use only the Transport. It must not add a token, which would
// go to the storage. If it records URLs, it records the signature of the upload URL, too.
//
// The Transport must not retry, since the first attempt's effect would be unknown, and must return when
// the request's context ends, since the call waits for it. One that wraps another should pass on
// CloseIdleConnections, so that a dead connection is not used again. With an ExpectContinueTimeout of 0 an
// expired upload URL can look like a cut connection.
func WithHTTPClient(client *http.Client) Option {
	return func(cfg *config) error {
		if client == nil {
			return &ValidationError{Field: "httpClient", Rule: "must not be nil"}
		}
		cfg.httpClient = client
		return nil
	}
}

// WithAttemptTimeout limits one attempt, from connecting to the last byte of the response. The default
// is 30 s; 0 means no limit but the context.
func WithAttemptTimeout(timeout time.Duration) Option {
	return func(cfg *config) error {
		cfg.attemptTimeout = timeout
		return checkTimeout("attemptTimeout", timeout)
	}
}

// WithStallTimeout sets how long an upload may send nothing before the attempt ends as stalled and is
// retried. After the last byte, the response may take five times as long. The default is two minutes; 0
// means no limit but the context, which is the only other limit on an upload. Buffers can take a megabyte
// or more at once, so do not set it too short for a slow connection.
func WithStallTimeout(timeout time.Duration) Option {
	return func(cfg *config) error {
		cfg.stallTimeout = timeout
		return checkTimeout("stallTimeout", timeout)
	}
}

// WithPollInterval sets the time between the polls of [Client.Wait], by default 1 s growing to 15 s with
// jitter, and between the look-ups of [Client.Finalize], by default 3 s. It must be positive. An interval
// shorter than the lag of reads is for tests.
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

// WithUserAgent appends suffix, such as "my-pipeline/1.2", to this library's name and version in the
// User-Agent header.
func WithUserAgent(suffix string) Option {
	return func(cfg *config) error {
		cfg.userAgent = userAgent() + " " + suffix
		return invalid("userAgent", suffix, check.UserAgent(suffix))
	}
}

// WithHeader sets a header of every request to the API, such as X-API-Version or X-Astro-Client-Identifier,
// but not of uploads. Setting the same name again replaces the value, and a request made through [Client.API]
// can override it. An empty value is refused, and so are the headers that the client or net/http sets, such
// as Authorization (use [WithToken]), User-Agent ([WithUserAgent]) or Cookie (the Jar of [WithHTTPClient]).
// The value is not treated as a secret.
func WithHeader(name, value string) Option {
	return func(cfg *config) error {
		shown, rule := check.Header(name, value)
		if rule != "" {
			return invalid("header", shown, rule)
		}
		if cfg.header == nil {
			cfg.header = http.Header{}
		}
		cfg.header.Set(name, value)
		return nil
	}
}

const module = "github.com/astro-finalize/astro-finalize-go"

// userAgent returns this library's name and version.
func userAgent() string {
	build, _ := debug.ReadBuildInfo()
	return "astro-finalize-go/" + versionIn(build)
}

// versionIn returns the version of this module in a program.
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
