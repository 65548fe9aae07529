package semper

// #include "shim.h"
import "C"

import (
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// PlanFormat is what [Compiler.Plan] writes (the project's docs/plan.md).
type PlanFormat int32

// Formats of plans.
const (
	// PlanJSON: one document, plan.json.
	PlanJSON PlanFormat = C.SEMPER_PLAN_JSON
	// PlanCloudFormation: ACCOUNT/REGION.template.json, more where one is too large.
	PlanCloudFormation PlanFormat = C.SEMPER_PLAN_CLOUDFORMATION
	// PlanTerraform: ACCOUNT/REGION/main.tf.json, a root module.
	PlanTerraform PlanFormat = C.SEMPER_PLAN_TERRAFORM
	// PlanDifference: what differs from an old plan, a JSON object a line.
	PlanDifference PlanFormat = C.SEMPER_PLAN_DIFFERENCE
)

// PlanOptions are what a plan is made of beside the policies and default regions of the compiler.
type PlanOptions struct {
	Format PlanFormat
	// Accounts has the contexts of the accounts to plan for: a JSON list, an object keyed by account
	// id, or NDJSON. May be empty.
	Accounts []byte
	// AccountIDs are further accounts, of which only the id is known.
	AccountIDs []string
	// ControlIDs has the controls of standards, to resolve wildcards ("3.*"), as
	// share/semper/controls/security-hub-ids.json. May be empty.
	ControlIDs []byte
	// OldPlan is an earlier plan.json for [PlanDifference], and empty else.
	OldPlan []byte
}

// planning is what the callbacks of a plan have.
type planning struct {
	write    func(path string, piece []byte) error
	warnings []Diagnostic
	failure  error
}

// Plan writes what the policies that were added ask for in AWS, account by account, in the default
// regions: sensors and Security Hub settings as data. The same input gives the same bytes.
//
// Write takes the bytes of a file in pieces, those of one file one after another; paths are relative,
// with /, and a piece is valid during the call. Its error stops the plan and is returned. The compiler
// is busy meanwhile.
//
// The diagnostics are the warnings of a plan that was made. [ErrInvalidPolicy]: a policy does not
// load, two contradict each other, or AWS would refuse something; nothing was written.
// [ErrInvalidArgument]: no default region, or accounts, control ids or an old plan that are none.
func (c *Compiler) Plan(options PlanOptions, write func(path string, piece []byte) error) ([]Diagnostic, error) {
	if write == nil {
		return nil, &Error{Status: ErrInvalidArgument, Op: "plan", Message: "write is nil"}
	}
	plan := &planning{write: write}
	state := cgo.NewHandle(plan)
	defer state.Delete()
	err := c.alone("plan", func(from *C.semper_compiler_t, failure **C.semper_error_t) C.int32_t {
		var pinner runtime.Pinner
		defer pinner.Unpin()
		ids := viewsOf(&pinner, options.AccountIDs)
		return C.semper_go_plan(from, C.int32_t(options.Format), viewBytes(options.Accounts),
			unsafe.SliceData(ids), C.size_t(len(ids)), viewBytes(options.ControlIDs), viewBytes(options.OldPlan),
			C.uintptr_t(state), failure)
	})
	if plan.failure != nil {
		return nil, plan.failure
	}
	return plan.warnings, err
}
