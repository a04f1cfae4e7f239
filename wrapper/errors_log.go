package wrapper

import (
	"log/slog"
	"reflect"
)

// fields returns what slog logs of an error: its text, and its fields that are set.
func fields(err error, attrs ...slog.Attr) slog.Value {
	set := []slog.Attr{slog.String("error", err.Error())}
	for _, attr := range attrs {
		if value := attr.Value.Any(); value != nil && !reflect.ValueOf(value).IsZero() {
			set = append(set, attr)
		}
	}
	return slog.GroupValue(set...)
}

// LogValue implements [slog.LogValuer].
func (e *ValidationError) LogValue() slog.Value {
	return fields(e, slog.String("field", e.Field), slog.String("value", e.Value))
}

// LogValue implements [slog.LogValuer].
func (e *DeployFailedError) LogValue() slog.Value { return fields(e, slog.Any("deploy", e.Deploy)) }

// LogValue implements [slog.LogValuer].
func (e *APIError) LogValue() slog.Value {
	return fields(e, slog.String("operation", e.Operation), slog.Int("status", e.StatusCode), slog.String("requestId", e.RequestID),
		slog.Int("attempts", e.Attempts), slog.Duration("elapsed", e.Elapsed), slog.Bool("mayHaveTakenEffect", e.MayHaveTakenEffect), slog.Duration("retryAfter", e.RetryAfter))
}

// LogValue implements [slog.LogValuer].
func (e *TransportError) LogValue() slog.Value {
	return fields(e, slog.String("operation", e.Operation), slog.Int("attempts", e.Attempts), slog.Duration("elapsed", e.Elapsed), slog.Bool("mayHaveTakenEffect", e.MayHaveTakenEffect))
}

// LogValue implements [slog.LogValuer].
func (e *StorageError) LogValue() slog.Value {
	return fields(e, slog.String("operation", opUpload), slog.Int("status", e.StatusCode), slog.String("code", e.Code), slog.String("requestId", e.RequestID),
		slog.Int("attempts", e.Attempts), slog.Duration("elapsed", e.Elapsed), slog.Duration("retryAfter", e.RetryAfter))
}

// LogValue implements [slog.LogValuer].
func (e *OutcomeUnknownError) LogValue() slog.Value {
	return fields(e, slog.String("deployId", e.DeployID), slog.Any("deploy", e.Deploy), slog.Any("lastAttempt", e.Err), slog.Any("lookUp", e.LookUpErr))
}

// LogValue implements [slog.LogValuer].
func (e *WaitError) LogValue() slog.Value {
	return fields(e, slog.String("deployId", e.DeployID), slog.Any("deploy", e.Deploy), slog.Any("cause", e.Err), slog.Any("poll", e.PollErr))
}
