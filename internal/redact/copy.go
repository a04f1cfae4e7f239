package redact

import (
	"encoding/json"
	"reflect"
)

// revealer is a value that is a secret, such as an upload URL.
type revealer interface{ Reveal() string }

// Copy returns a deep copy of a value, such as a model of the API, without its revealers. The strings of
// the copy contain no signature of an upload URL in the value, and none of secrets.
func Copy[T any](secrets *Recent, value T) T {
	revealed, _ := json.Marshal(value) // cannot fail for a model
	return secrets.Redactor(Signatures(revealed)...).copied(reflect.ValueOf(&value).Elem()).Interface().(T)
}

func (r Redactor) copied(value reflect.Value) reflect.Value {
	copied := reflect.New(value.Type()).Elem()
	if _, reveals := value.Interface().(revealer); reveals {
		return copied
	}
	switch value.Kind() {
	case reflect.String:
		copied.SetString(r.Excerpt([]byte(value.String())))
	case reflect.Pointer:
		if !value.IsNil() {
			copied.Set(reflect.New(value.Type().Elem()))
			copied.Elem().Set(r.copied(value.Elem()))
		}
	case reflect.Slice:
		if !value.IsNil() {
			copied.Set(reflect.MakeSlice(value.Type(), value.Len(), value.Len()))
			for i := range value.Len() {
				copied.Index(i).Set(r.copied(value.Index(i)))
			}
		}
	case reflect.Struct:
		copied.Set(value)
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				copied.Field(i).Set(r.copied(value.Field(i)))
			}
		}
	case reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64:
		copied.Set(value)
	} // models have no other kinds
	return copied
}
