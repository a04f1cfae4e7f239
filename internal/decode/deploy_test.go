package decode

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/api"
)

func TestDecodeDeploy(t *testing.T) {
	deploy, err := decodeDeploy([]byte(`{"id":"d","createdAt":"2022-11-22T04:37:12Z","status":"NEW_STATUS","type":"NEW_TYPE","newField":{"a":1},"bundles":null}`))
	require.NoError(t, err)
	assert.Equal(t, &api.Deploy{
		ID:        "d",
		CreatedAt: time.Date(2022, 11, 22, 4, 37, 12, 0, time.UTC),
		Status:    "NEW_STATUS",
		Type:      "NEW_TYPE",
	}, deploy)
}

// Of a value with the wrong type, a strict member is an error and any other member is left zero. null is
// treated as absent.
func TestDecodeDeployStrictMembers(t *testing.T) {
	strictNames := []string{"id", "deploymentId", "type", "status", "dagTarballVersion", "bundles", "mountPath", "deployId", "currentVersion", "desiredVersion"}
	var whole map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(usual), &whole))
	whole["git"], whole["rollbackFromId"] = json.RawMessage(`{"commitSha":"c","provider":"GITHUB"}`), json.RawMessage(`"r"`)
	whole["dagsUploadUrl"] = whole["bundleUploadUrl"]
	var bundles []map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(whole["bundles"], &bundles))
	require.Len(t, whole, reflect.TypeFor[api.Deploy]().NumField(), "each member")
	require.Len(t, bundles[1], reflect.TypeFor[api.Bundle]().NumField(), "each member")
	write := func(into map[string]json.RawMessage, name, value string) []byte {
		before := into[name]
		defer func() { into[name] = before }()
		into[name] = json.RawMessage(value)
		var err error
		whole["bundles"], err = json.Marshal(bundles)
		require.NoError(t, err)
		if name == "bundles" {
			whole["bundles"] = json.RawMessage(value)
		}
		text, err := json.Marshal(whole)
		require.NoError(t, err)
		return text
	}
	for name, into := range map[string]map[string]json.RawMessage{"": whole, "bundles": bundles[1]} {
		names := slices.Collect(maps.Keys(into))
		for _, member := range names {
			absent, err := decodeDeploy(write(into, member, `null`))
			require.NoError(t, err, member)
			for _, value := range []string{`5`, `"text"`, `true`, `{"a":[]}`, `[[]]`, `"2022-11-22 04:37:12"`} {
				body := write(into, member, value)
				var strictly api.Deploy
				if json.Unmarshal(body, &strictly) == nil {
					continue // the type is right
				}
				deploy, err := decodeDeploy(body)
				if slices.Contains(strictNames, member) {
					assert.ErrorContains(t, err, member+": ", "%s %s", name, value)
				} else if assert.NoError(t, err, "%s %s", member, value) {
					assert.Equal(t, absent, deploy, "%s %s", member, value)
				}
			}
		}
	}
}

// Names match exactly. encoding/json ignores case and takes the last of two values.
func TestDecodeDeployMatchesNamesExactly(t *testing.T) {
	version := "v"
	mounted := func(bundle api.Bundle) *api.Deploy { return &api.Deploy{ID: "d", Bundles: []api.Bundle{bundle}} }
	for body, want := range map[string]*api.Deploy{
		`{"id":"d","status":"INITIALIZED","Status":"DEPLOYED"}`:                 {ID: "d", Status: "INITIALIZED"},
		`{"id":"d","Status":"DEPLOYED"}`:                                        {ID: "d"},
		`{"id":"d", "STATUS" : "DEPLOYED"}`:                                     {ID: "d"},
		`{"id":"d","\u0073tatus":"DEPLOYED"}`:                                   {ID: "d", Status: "DEPLOYED"},
		`{"id":"d","\u0053tatus":"DEPLOYED"}`:                                   {ID: "d"},
		"{\"id\":\"d\",\"\u017ftatus\":\"DEPLOYED\"}":                           {ID: "d"}, // a long s
		`{"id":"d","status":"DEPLOYED","status":"DEPLOYED"}`:                    {ID: "d", Status: "DEPLOYED"},
		`{"id":"d","Description":"x"}`:                                          {ID: "d"},
		`{"id":"d","description":"\\","Status":"\\\""}`:                         {ID: "d", Description: ptr("\\")},
		`{"id":"d","description":"\"","Status":"DEPLOYED"}`:                     {ID: "d", Description: ptr(`"`)},
		`{"id":"d","description":"a\":\"Status\":\""}`:                          {ID: "d", Description: ptr(`a":"Status":"`)},
		`{"id":"d","bundles":[{"mountPath":"/a","MountPath":"/b"}]}`:            mounted(api.Bundle{MountPath: "/a"}),
		`{"id":"d","bundles":[{"desiredVersion":"v","DesiredVersion":"w"}]}`:    mounted(api.Bundle{DesiredVersion: &version}),
		`{"id":"d","bundles":[{"\u0064esiredVersion":"v","deployid":"other"}]}`: mounted(api.Bundle{DesiredVersion: &version}),
		`{"id":"d","Bundles":[{"mountPath":"/a"}]}`:                             {ID: "d"},
		`{"id":"d","bundles":[],"Bundles":[{}]}`:                                {ID: "d", Bundles: []api.Bundle{}},
		`{"id":"d","bundles":null,"Bundles":[{}]}`:                              {ID: "d"},
		`{"id":"d","bundles":[null],"Bundles":[]}`:                              mounted(api.Bundle{}),
		`{"id":"d","a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"id":"x"}}}}}}}}}`:   {ID: "d"},
	} {
		deploy, err := decodeDeploy([]byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want, deploy, body)
	}
}

func TestDecodeDeployRefuses(t *testing.T) {
	for _, body := range []string{"", "<html>", `"text"`, `[]`, `{"id":`, `{"id":"d"} trailing`, `{"id":1}`, `5`, `{"id":"d","id":"e"}`, `{"id":"d","\u0069d":"e"}`, `{"status":"DEPLOYED","status":null}`, `{"bundles":[{"mountPath":"/a","mountPath":"/b"}]}`, `{"bundles":[],"bundles":[{}]}`} {
		_, err := decodeDeploy([]byte(body))
		assert.Error(t, err, body)
	}
}

// Typical bodies are decoded only once.
func TestUsualBodiesArePlain(t *testing.T) {
	for _, body := range []string{usual, `{"deploys":[` + usual + "," + usual + `],"limit":2,"offset":0,"totalCount":2}`, `{"new":"Status", "of":{"the":["service"]}}`} {
		text := []byte(body)
		assert.True(t, isPlain(text), body)
		assert.Zero(t, testing.AllocsPerRun(10, func() { isPlain(text) }))
	}
}

func TestCheckDeploy(t *testing.T) {
	good := api.Deploy{ID: "deploy", DeploymentID: "deployment", Status: "DEPLOYED"}
	require.NoError(t, checkDeploy("deployment", "deploy", &good))

	for hint, change := range map[string]func(*api.Deploy){
		"contains no deploy": func(deploy *api.Deploy) { deploy.ID = "" },
		"another deploy":     func(deploy *api.Deploy) { deploy.ID = "other" },
		"another Deployment": func(deploy *api.Deploy) { deploy.DeploymentID = "other" },
		"lacks":              func(deploy *api.Deploy) { deploy.Status = "" },
	} {
		changed := good
		change(&changed)
		assert.ErrorContains(t, checkDeploy("deployment", "deploy", &changed), hint)
	}
}

func TestDeployLimitsTheSize(t *testing.T) {
	for padding, want := range map[int]error{MaxDeploy - 100: nil, MaxDeploy: errTooLong} {
		body := `{"id":"p","deploymentId":"d","status":"DEPLOYED","description":"` + strings.Repeat("a", padding) + `"}`
		_, err := Deploy([]byte(body), "d", "p")
		assert.Equal(t, want, err)
	}
}

func FuzzDecodeDeploy(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `<html>`, usual, `{"id":"d","createdAt":"x","bundles":[{}]}`,
		`{"createdAt":"2022-11-22T04:37:12Z","updatedAt":7,"dagsUploadUrl":"https://a/?sig=b"}`,
		`{"id":"d","Status":"DEPLOYED","status":"FAILED"}`, `{"\u0073tatus":"DEPLOYED"}`, `{"id":"a","id":"b"}`,
		`{"bundles":[{"MountPath":"/a","mountPath":"/b"},null]}`, `{"a":{"id":"x","b":[{"id":"y"}]},"id" : "z\"\\"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		lenient, err := decodeDeploy(body)
		var strictly api.Deploy
		if !json.Valid(body) {
			require.Error(t, err)
		} else if json.Unmarshal(body, &strictly) == nil && hasExactKeys(t, body) {
			require.NoError(t, err)
			assert.Equal(t, &strictly, lenient)
			var slow api.Deploy
			require.NoError(t, fill(reflect.ValueOf(&slow).Elem(), body))
			assert.Equal(t, strictly, slow, "fill must agree with json.Unmarshal")
		}
	})
}

// hasExactKeys reports whether no key of the text differs from a known one only in case, and no object
// has a key twice.
func hasExactKeys(t *testing.T, text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	type open struct {
		isObject bool
		keys     map[string]bool
		isValue  bool // a value comes next
	}
	var stack []*open
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return true
		}
		require.NoError(t, err)
		if token == json.Delim('}') || token == json.Delim(']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if len(stack) > 0 && stack[len(stack)-1].isObject {
			top := stack[len(stack)-1]
			if top.isValue = !top.isValue; top.isValue {
				key := token.(string)
				for _, one := range slices.Concat(known()[:]...) {
					if one.name != key && strings.EqualFold(one.name, key) {
						return false
					}
				}
				if top.keys[key] {
					return false
				}
				top.keys[key] = true
				continue
			}
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			stack = append(stack, &open{isObject: token == json.Delim('{'), keys: map[string]bool{}})
		}
	}
}

func ptr(value string) *string { return &value }

func TestDeployLimitsBundlesDecodedOneByOne(t *testing.T) {
	for count, tooMany := range map[int]bool{maxBundles: false, maxBundles + 1: true} {
		body := `{"id":"p","deploymentId":"d","status":"DEPLOYED","description":5,"bundles":[{}` + strings.Repeat(",{}", count-1) + `]}`
		_, err := Deploy([]byte(body), "d", "p")
		assert.Equal(t, tooMany, err != nil, count)
	}
}
