package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// strict are the members that show the state of a deploy or page, each with its own bit. A value of the
// wrong type is an error, and so are two different values.
var strict = map[string]uint16{
	"id": 1, "deploymentId": 1 << 1, "type": 1 << 2, "status": 1 << 3, "dagTarballVersion": 1 << 4, "bundles": 1 << 5,
	"mountPath": 1 << 6, "deployId": 1 << 7, "currentVersion": 1 << 8, "desiredVersion": 1 << 9,
	"deploys": 1 << 10, "offset": 1 << 11, "totalCount": 1 << 12,
}

func nameOf(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}

// fill decodes an object into a model, member by member. Members that are not strict are left zero if
// they cannot be decoded.
func fill(model reflect.Value, text []byte) error {
	members, err := membersOf(text)
	if err != nil {
		return err
	}
	for i := range model.NumField() {
		name, field := nameOf(model.Type().Field(i)), model.Field(i)
		value, found := members[name]
		if !found {
			continue
		}
		if bundles, isBundles := field.Addr().Interface().(*[]api.Bundle); isBundles {
			err = fillBundles(bundles, value)
		} else {
			err = json.Unmarshal(value, field.Addr().Interface())
		}
		if err != nil && strict[name] != 0 {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err != nil {
			field.SetZero()
		}
	}
	return nil
}

// maxBundles limits how many bundles are decoded member by member, which is slow.
const maxBundles = 10_000

func fillBundles(bundles *[]api.Bundle, text []byte) error {
	var each []json.RawMessage
	if err := json.Unmarshal(text, &each); err != nil || each == nil {
		return err
	}
	if len(each) > maxBundles {
		return fmt.Errorf("%d bundles are too many to decode one by one", len(each))
	}
	*bundles = make([]api.Bundle, len(each))
	for i, one := range each {
		if err := fill(reflect.ValueOf(&(*bundles)[i]).Elem(), one); err != nil {
			return err
		}
	}
	return nil
}

// membersOf returns the members of an object by exact name. null has none.
func membersOf(text []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	switch begin, err := decoder.Token(); {
	case err != nil || begin == nil:
		return nil, err
	case begin != json.Delim('{'):
		return nil, errors.New("not an object")
	}
	members := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if before, twice := members[name]; twice && strict[name] != 0 && !bytes.Equal(before, value) {
			return nil, fmt.Errorf("%s has two values", name)
		}
		members[name] = value
	}
	return members, nil
}
