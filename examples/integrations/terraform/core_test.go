package terraform_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
	"github.com/astro-finalize/astro-finalize-go/examples/integrations/terraform"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

const resourceType = "astrodeploy_dags"

// core does Terraform's part of the protocol for one resource of a provider in this process, and its
// checks of what the provider returns.
type core struct {
	t          *testing.T
	provider   tfprotov6.ProviderServer
	astro      *astrotest.Server
	deployment astrotest.Deployment
	folder     string
	object     tftypes.Object
	computed   []string // attributes
	state      tftypes.Value
	log        bytes.Buffer // the provider's
	shown      bytes.Buffer // all that was returned: states, plans, diagnostics
}

// config has the arguments of the resource that are set.
type config map[string]any

// inTerraform runs a test with a configured provider, a Deployment without DAGs, and a folder with one
// DAG, in a bubble of testing/synctest. At its end, no text may hold a secret.
func inTerraform(t *testing.T, test func(t *testing.T, c *core), options ...astrotest.Option) {
	synctest.Test(t, func(t *testing.T) {
		c := &core{t: t, astro: astrotest.New(t, append(options, astrotest.InMemory())...), folder: t.TempDir()}
		c.deployment = c.astro.AddDeployment(astrotest.Deployment{DAGDeploys: true})
		c.write("print('first')")
		c.provider = providerserver.NewProtocol6(terraform.New(wrapper.WithHTTPClient(c.astro.Client())))()
		schema, err := c.provider.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
		require.NoError(t, err)
		require.Empty(t, schema.Diagnostics)
		c.object = schema.ResourceSchemas[resourceType].ValueType().(tftypes.Object)
		for _, attribute := range schema.ResourceSchemas[resourceType].Block.Attributes {
			if attribute.Computed {
				c.computed = append(c.computed, attribute.Name)
			}
		}
		c.state = tftypes.NewValue(c.object, nil)
		require.Empty(t, c.configure(config{"organization_id": c.deployment.OrganizationID, "token": astrotest.Token, "base_url": c.astro.URL}))
		test(t, c)
		for _, text := range []string{c.log.String(), c.shown.String()} {
			assert.NotContains(t, text, astrotest.Token)
			assert.NotContains(t, text, "sig=")
		}
		assert.NotEmpty(t, c.shown.String())
	})
}

func (c *core) write(dag string) {
	require.NoError(c.t, os.WriteFile(filepath.Join(c.folder, "dag.py"), []byte(dag), 0o600))
}

// config returns the arguments of the resource, with changes.
func (c *core) config(changes config) config {
	all := config{"deployment_id": c.deployment.ID, "source": c.folder}
	for name, value := range changes {
		all[name] = value
	}
	return all
}

func (c *core) ctx() context.Context { return tflogtest.RootLogger(c.t.Context(), &c.log) }

func (c *core) configure(settings config) []string {
	schema, err := c.provider.GetProviderSchema(c.ctx(), &tfprotov6.GetProviderSchemaRequest{})
	require.NoError(c.t, err)
	object := schema.Provider.ValueType().(tftypes.Object)
	response, err := c.provider.ConfigureProvider(c.ctx(), &tfprotov6.ConfigureProviderRequest{Config: c.pack(c.value(object, settings))})
	require.NoError(c.t, err)
	return c.texts(response.Diagnostics)
}

// value returns an object with the given attributes; the others are null.
func (c *core) value(object tftypes.Object, attributes config) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, kind := range object.AttributeTypes {
		values[name] = tftypes.NewValue(kind, attributes[name])
	}
	return tftypes.NewValue(object, values)
}

// change is a planned change of the resource.
type change struct {
	config, planned tftypes.Value
	replaces        []string // the attributes that force a replacement
	texts           []string // the diagnostics
}

// plan plans the configuration, or the destruction if it is nil.
func (c *core) plan(attributes config) change {
	planned := change{config: tftypes.NewValue(c.object, nil)}
	proposed := planned.config
	if attributes != nil {
		planned.config = c.value(c.object, attributes)
		c.validate(planned.config)
		proposed = c.proposed(planned.config)
	}
	response, err := c.provider.PlanResourceChange(c.ctx(), &tfprotov6.PlanResourceChangeRequest{TypeName: resourceType, PriorState: c.pack(c.state), ProposedNewState: c.pack(proposed), Config: c.pack(planned.config)})
	require.NoError(c.t, err)
	planned.texts = c.texts(response.Diagnostics)
	planned.planned = c.unpack(response.PlannedState)
	for _, path := range response.RequiresReplace {
		if !c.state.IsNull() {
			planned.replaces = append(planned.replaces, path.String())
		}
	}
	return planned
}

// proposed returns the configuration with the computed attributes of the state.
func (c *core) proposed(config tftypes.Value) tftypes.Value {
	attributes := c.attributes(config)
	if !c.state.IsNull() {
		for _, name := range c.computed {
			attributes[name] = c.attributes(c.state)[name]
		}
	}
	return tftypes.NewValue(c.object, attributes)
}

// apply applies a planned change and returns the diagnostics. Like Terraform, it keeps the returned state
// even if there are errors.
func (c *core) apply(planned change) []string {
	prior := c.state
	response, err := c.provider.ApplyResourceChange(c.ctx(), &tfprotov6.ApplyResourceChangeRequest{TypeName: resourceType, PriorState: c.pack(prior), PlannedState: c.pack(planned.planned), Config: c.pack(planned.config)})
	require.NoError(c.t, err)
	c.state = c.unpack(response.NewState)
	if !c.state.IsNull() {
		assert.True(c.t, c.state.IsFullyKnown(), "unknown after the apply")
		if !hasError(response.Diagnostics) {
			now := c.attributes(c.state)
			for name, value := range c.attributes(planned.planned) {
				assert.True(c.t, !value.IsKnown() || value.Equal(now[name]), "%s is not as planned", name)
			}
		}
	}
	return c.texts(response.Diagnostics)
}

// run plans and applies, with a replacement in two steps.
func (c *core) run(attributes config) []string {
	planned := c.plan(attributes)
	if len(planned.replaces) > 0 {
		require.Empty(c.t, c.apply(change{config: tftypes.NewValue(c.object, nil), planned: tftypes.NewValue(c.object, nil)}))
		planned = c.plan(attributes)
	}
	require.Empty(c.t, planned.texts)
	return c.apply(planned)
}

// refresh reads the resource and returns the diagnostics.
func (c *core) refresh() []string {
	response, err := c.provider.ReadResource(c.ctx(), &tfprotov6.ReadResourceRequest{TypeName: resourceType, CurrentState: c.pack(c.state)})
	require.NoError(c.t, err)
	c.state = c.unpack(response.NewState)
	return c.texts(response.Diagnostics)
}

// isEmpty reports whether a plan changes nothing.
func (c *core) isEmpty(planned change) bool {
	return len(planned.texts) == 0 && len(planned.replaces) == 0 && planned.planned.Equal(c.state)
}

// get returns an attribute of the state.
func (c *core) get(name string) (text string) {
	require.False(c.t, c.state.IsNull())
	require.NoError(c.t, c.attributes(c.state)[name].As(&text))
	return text
}

func (c *core) validate(config tftypes.Value) {
	response, err := c.provider.ValidateResourceConfig(c.ctx(), &tfprotov6.ValidateResourceConfigRequest{TypeName: resourceType, Config: c.pack(config)})
	require.NoError(c.t, err)
	require.Empty(c.t, c.texts(response.Diagnostics))
}

func (c *core) attributes(of tftypes.Value) (attributes map[string]tftypes.Value) {
	require.NoError(c.t, of.As(&attributes))
	return maps.Clone(attributes) // As returns the value's own
}

func (c *core) pack(value tftypes.Value) *tfprotov6.DynamicValue {
	packed, err := tfprotov6.NewDynamicValue(value.Type(), value)
	require.NoError(c.t, err)
	return &packed
}

func (c *core) unpack(packed *tfprotov6.DynamicValue) tftypes.Value {
	value, err := packed.Unmarshal(c.object)
	require.NoError(c.t, err)
	fmt.Fprintln(&c.shown, value)
	return value
}

// texts returns each diagnostic as severity, attribute, summary and detail.
func (c *core) texts(diagnostics []*tfprotov6.Diagnostic) (texts []string) {
	for _, diagnostic := range diagnostics {
		text := strings.TrimSpace(fmt.Sprintf("%s %s %s: %s", diagnostic.Severity, diagnostic.Attribute, diagnostic.Summary, diagnostic.Detail))
		fmt.Fprintln(&c.shown, text)
		texts = append(texts, text)
	}
	return texts
}

func hasError(diagnostics []*tfprotov6.Diagnostic) bool {
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			return true
		}
	}
	return false
}
