package wrapper

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// joined returns both texts, separated if neither is empty.
func joined(text, added string) string {
	if text == "" || added == "" {
		return text + added
	}
	return text + "; " + added
}

// afterAttempts says how many attempts were made, if more than one.
func afterAttempts(attempts int, elapsed time.Duration) string {
	if attempts <= 1 {
		return ""
	}
	return fmt.Sprintf(" after %d attempts in %v", attempts, elapsed.Round(time.Millisecond))
}

// quote returns a quoted text in one line. A backslash is not doubled, so that a path of Windows is shown as
// it is.
func quote(text string) string { return strings.ReplaceAll(strconv.Quote(text), `\\`, `\`) }

// quoted returns a response's message or, if it has none, the start of its body.
func quoted(message, body string) string {
	switch {
	case message != "":
		return fmt.Sprintf(": %.1000s", message)
	case body != "":
		return fmt.Sprintf(": %.200q", body)
	}
	return ""
}

// reference returns a response's request ID and when to retry.
func reference(requestID string, retryAfter time.Duration) (text string) {
	if requestID != "" {
		text = fmt.Sprintf(" [request %.100s]", requestID)
	}
	if retryAfter > 0 {
		text += fmt.Sprintf("; retry after %v", retryAfter.Round(time.Second))
	}
	return text
}

// statusText returns a status like "404 Not Found".
func statusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}

// effect says what a failed request may have done. For a finalize, OutcomeUnknownError says so instead.
func effect(operation string, mayHaveTakenEffect bool) string {
	switch {
	case !mayHaveTakenEffect, operation == opFinalizeDeploy:
		return ""
	case operation == opCreateDeploy:
		return "a deploy may have been created; it changes nothing until it is finalized, so create another"
	case operation == opRollbackDeploy:
		return "the Deployment may have been rolled back: look with ListDeploys for a new deploy whose RollbackFromID is the deploy " +
			"to roll back to; calling again may roll back twice"
	}
	return "the request may have taken effect"
}
