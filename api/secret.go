// It contains the models and the client of openapi.yaml. All of it is generated, except for
// what hides the secrets of the models ([Secret]).
package api

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"unique"
)

const redacted = "[REDACTED]"

// Secret is a string, such as a pre-signed upload URL, that fmt and slog do not show. No fmt
// verb shows it inside another value, either. Its JSON is the string itself, as on the wire,
// so anything that encodes JSON shows it. slog's JSON handler does so for values that contain
// a Secret, except for a [Deploy]. Two secrets are equal (==) if their strings are. The zero
// Secret holds "".
type Secret struct {
	// A handle, not a string: fmt prints unexported fields, and handles %p, without calling
	// Format.
	handle unique.Handle[string]
}

// NewSecret returns a Secret that holds value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{unique.Make(value)}
}

// Reveal returns the string itself.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.handle.Value()
}

// Format implements [fmt.Formatter]: it writes [REDACTED], whatever the verb.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements [json.Marshaler]: it returns the secret as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Reveal()) }

// UnmarshalJSON implements [json.Unmarshaler] for a JSON string.
func (s *Secret) UnmarshalJSON(text []byte) error {
	var value string
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	*s = NewSecret(value)
	return nil
}

// LogValue implements [slog.LogValuer] with what identifies a deploy. Without it slog's
// JSON handler would write the deploy's JSON, upload URLs included.
func (d Deploy) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("id", d.ID),
		slog.String("deploymentId", d.DeploymentID),
		slog.String("type", string(d.Type)),
		slog.String("status", string(d.Status)),
	}
	if d.DAGTarballVersion != nil {
		attrs = append(attrs, slog.String("dagTarballVersion", *d.DAGTarballVersion))
	}
	if d.BundleMountPath != nil {
		attrs = append(attrs, slog.String("bundleMountPath", *d.BundleMountPath))
	}
	return slog.GroupValue(attrs...)
}
