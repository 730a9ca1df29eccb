package plan

func budget(p *Plan) []BudgetLine { return nil }
func recovery(p *Plan) Recovery { return Recovery{} }
