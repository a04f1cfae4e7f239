package terraform

import (
	"context"
	"log/slog"
	"maps"

	"github.com/hashicorp/terraform-plugin-log/tflog"
)

// logHandler writes the lines of a [slog.Logger] to Terraform's log (TF_LOG, TF_LOG_PROVIDER), by the
// context of the call. Those of package wrapper have no secrets.
type logHandler struct {
	group  string // with a dot at its end
	fields map[string]any
}

// Enabled returns true, since tflog does not tell its level.
func (logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h logHandler) Handle(ctx context.Context, record slog.Record) error {
	line := h.with(nil)
	record.Attrs(func(attr slog.Attr) bool {
		line.add(h.group, attr)
		return true
	})
	write := tflog.Trace
	switch {
	case record.Level >= slog.LevelError:
		write = tflog.Error
	case record.Level >= slog.LevelWarn:
		write = tflog.Warn
	case record.Level >= slog.LevelInfo:
		write = tflog.Info
	case record.Level >= slog.LevelDebug:
		write = tflog.Debug
	}
	write(ctx, record.Message, line.fields)
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler { return h.with(attrs) }

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.group + name + ".", h.fields}
}

func (h logHandler) with(attrs []slog.Attr) logHandler {
	more := logHandler{h.group, map[string]any{}}
	maps.Copy(more.fields, h.fields)
	for _, attr := range attrs {
		more.add(h.group, attr)
	}
	return more
}

// add adds an attribute. The fields of tflog are flat, so a group becomes the start of its keys.
func (h logHandler) add(group string, attr slog.Attr) {
	value := attr.Value.Resolve()
	switch {
	case value.Kind() != slog.KindGroup:
		h.fields[group+attr.Key] = value.Any()
		return
	case attr.Key != "":
		group += attr.Key + "."
	}
	for _, member := range value.Group() {
		h.add(group, member)
	}
}
