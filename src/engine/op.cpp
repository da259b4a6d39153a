// Calls of any operation through the boxed dispatcher: find once, check each argument against the schema, call.

#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/stack.h>
#include <ATen/ops/scalar_tensor.h>

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/cell.hpp"
#include "engine/generator.hpp"
#include "engine/guard.hpp"

namespace
{

// The argument types that a C value can stand for.
enum class Kind {
    Tensor,
    Integer,
    Dtype,
    Layout,
    MemoryFormat,
    Real,
    Number, // an integer or a real
    Boolean,
    String,
    Device,
    Generator,
    Integers,
    Reals,
    Booleans,
    Tensors,
    OptionalTensors,
    Other,
};

struct Parameter {
    std::string name;
    Kind kind;
    bool optional;
    c10::IValue fallback; // meaningful when has_fallback
    bool has_fallback;
};

Kind kind_of_list(const c10::Type &element)
{
    switch (element.kind()) {
    case c10::TypeKind::TensorType:
        return Kind::Tensors;
    case c10::TypeKind::OptionalType:
        return element.containedType(0)->kind() == c10::TypeKind::TensorType ? Kind::OptionalTensors
                                                                             : Kind::Other;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
        return Kind::Integers;
    case c10::TypeKind::FloatType:
        return Kind::Reals;
    case c10::TypeKind::BoolType:
        return Kind::Booleans;
    default:
        return Kind::Other;
    }
}

Kind kind_of(const c10::Type &type)
{
    switch (type.kind()) {
    case c10::TypeKind::TensorType:
        return Kind::Tensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
        return Kind::Integer;
    case c10::TypeKind::ScalarTypeType:
        return Kind::Dtype;
    case c10::TypeKind::LayoutType:
        return Kind::Layout;
    case c10::TypeKind::MemoryFormatType:
        return Kind::MemoryFormat;
    case c10::TypeKind::FloatType:
        return Kind::Real;
    case c10::TypeKind::NumberType:
        return Kind::Number;
    case c10::TypeKind::BoolType:
        return Kind::Boolean;
    case c10::TypeKind::StringType:
        return Kind::String;
    case c10::TypeKind::DeviceObjType:
        return Kind::Device;
    case c10::TypeKind::GeneratorType:
        return Kind::Generator;
    case c10::TypeKind::ListType:
        return kind_of_list(*type.containedType(0));
    default:
        return Kind::Other;
    }
}

Parameter parameter_of(const c10::Argument &argument)
{
    const c10::Type *type = argument.real_type().get();
    const bool optional = type->kind() == c10::TypeKind::OptionalType;
    if (optional)
        type = type->containedType(0).get();
    return {argument.name(), kind_of(*type), optional, argument.default_value().value_or(c10::IValue()),
            argument.default_value().has_value()};
}

const char *name_of(accel_value_kind kind)
{
    static const char *const names[] = {"nothing",  "a tensor",    "an integer", "a real", "a truth value",
                                        "a string", "a generator", "integers",   "reals",  "tensors"};
    return names[kind];
}

[[noreturn]] void refuse(const Parameter &parameter, const accel_value &value)
{
    TORCH_CHECK_TYPE(false, "argument \"", parameter.name, "\" cannot be ", name_of(value.kind));
}

c10::IValue tensors_value(const Parameter &parameter, const accel_value &value)
{
    c10::List<at::Tensor> list;
    list.reserve(value.count);
    for (size_t i = 0; i < value.count; i++) {
        TORCH_CHECK_TYPE(value.as.tensors[i], "item ", i, " of argument \"", parameter.name, "\" is missing");
        list.push_back(tensor_of(value.as.tensors[i]));
    }
    return list;
}

c10::IValue optional_tensors_value(const accel_value &value)
{
    c10::List<std::optional<at::Tensor>> list;
    list.reserve(value.count);
    for (size_t i = 0; i < value.count; i++)
        list.push_back(value.as.tensors[i] ? std::optional(tensor_of(value.as.tensors[i])) : std::nullopt);
    return list;
}

c10::IValue integers_value(const accel_value &value)
{
    return c10::List<int64_t>(c10::IntArrayRef(value.as.integers, value.count));
}

c10::IValue booleans_value(const accel_value &value)
{
    c10::List<bool> list;
    for (size_t i = 0; i < value.count; i++)
        list.push_back(value.as.integers[i] != 0);
    return list;
}

c10::IValue real_or_integer(const Parameter &parameter, const accel_value &value)
{
    if (value.kind == ACCEL_VALUE_REAL && parameter.kind != Kind::Integer)
        return value.as.real;
    if (value.kind != ACCEL_VALUE_INTEGER)
        refuse(parameter, value);
    return parameter.kind == Kind::Real ? c10::IValue(static_cast<double>(value.as.integer))
                                        : c10::IValue(value.as.integer);
}

// The engine looks these up in tables without a check of its own.
c10::IValue enum_value(const Parameter &parameter, const accel_value &value, int64_t count)
{
    if (value.kind != ACCEL_VALUE_INTEGER)
        refuse(parameter, value);
    TORCH_CHECK_VALUE(value.as.integer >= 0 && value.as.integer < count, "argument \"", parameter.name,
                      "\" must be in [0, ", count - 1, "], got ", value.as.integer);
    return value.as.integer;
}

c10::IValue boolean_value(const Parameter &parameter, const accel_value &value)
{
    if (value.kind == ACCEL_VALUE_BOOLEAN)
        return value.as.boolean;
    if (value.kind != ACCEL_VALUE_INTEGER || (value.as.integer != 0 && value.as.integer != 1))
        refuse(parameter, value);
    return value.as.integer == 1;
}

c10::IValue list_value(const Parameter &parameter, const accel_value &value)
{
    if (parameter.kind == Kind::Integers && value.kind == ACCEL_VALUE_INTEGERS)
        return integers_value(value);
    if (parameter.kind == Kind::Integers && value.kind == ACCEL_VALUE_INTEGER)
        return c10::List<int64_t>({value.as.integer});
    if (parameter.kind == Kind::Booleans && value.kind == ACCEL_VALUE_INTEGERS)
        return booleans_value(value);
    if (parameter.kind == Kind::Reals && value.kind == ACCEL_VALUE_REALS)
        return c10::List<double>(c10::ArrayRef<double>(value.as.reals, value.count));
    if (parameter.kind == Kind::Tensors && value.kind == ACCEL_VALUE_TENSORS)
        return tensors_value(parameter, value);
    if (parameter.kind == Kind::OptionalTensors && value.kind == ACCEL_VALUE_TENSORS)
        return optional_tensors_value(value);
    refuse(parameter, value);
}

c10::IValue object_value(const Parameter &parameter, const accel_value &value)
{
    if (parameter.kind == Kind::Tensor && value.kind == ACCEL_VALUE_TENSOR)
        return tensor_of(value.as.tensor);
    if (parameter.kind == Kind::String && value.kind == ACCEL_VALUE_STRING)
        return std::string(value.as.string);
    if (parameter.kind == Kind::Device && value.kind == ACCEL_VALUE_STRING)
        return c10::Device(value.as.string);
    if (parameter.kind == Kind::Generator && value.kind == ACCEL_VALUE_GENERATOR)
        return generator_of(value.as.generator).generator;
    refuse(parameter, value);
}

bool is_absent(const accel_value &value)
{
    return value.kind == ACCEL_VALUE_NONE || (value.kind == ACCEL_VALUE_TENSOR && !value.as.tensor);
}

c10::IValue box(const Parameter &parameter, const accel_value &value)
{
    if (is_absent(value)) {
        TORCH_CHECK_TYPE(parameter.optional, "argument \"", parameter.name, "\" is missing");
        return c10::IValue();
    }
    switch (parameter.kind) {
    case Kind::Integer:
    case Kind::Real:
    case Kind::Number:
        return real_or_integer(parameter, value);
    case Kind::Dtype:
        return enum_value(parameter, value, static_cast<int64_t>(c10::ScalarType::NumOptions));
    case Kind::Layout:
        return enum_value(parameter, value, static_cast<int64_t>(c10::Layout::NumOptions));
    case Kind::MemoryFormat:
        return enum_value(parameter, value, static_cast<int64_t>(c10::MemoryFormat::NumOptions));
    case Kind::Boolean:
        return boolean_value(parameter, value);
    case Kind::Integers:
    case Kind::Reals:
    case Kind::Booleans:
    case Kind::Tensors:
    case Kind::OptionalTensors:
        return list_value(parameter, value);
    default:
        return object_value(parameter, value);
    }
}

// Results become payloads one after another: a tensor, a list's items, a number as a tensor.
void unbox(const c10::IValue &result, std::vector<at::Tensor> &tensors)
{
    if (result.isTensor()) {
        tensors.push_back(result.toTensor());
    } else if (result.isTensorList()) {
        for (const at::Tensor &item : result.toTensorVector())
            tensors.push_back(item);
    } else if (result.isScalar()) {
        const c10::Scalar number = result.toScalar();
        tensors.push_back(at::scalar_tensor(number, at::TensorOptions(number.type())));
    } else {
        TORCH_CHECK_NOT_IMPLEMENTED(false, "results of type ", result.tagKind(), " are not supported");
    }
}

} // namespace

struct engine_op {
    c10::OperatorHandle handle;
    std::vector<Parameter> parameters;
};

namespace
{

std::unique_ptr<engine_op> look_up(const std::string &name)
{
    const size_t dot = name.find('.');
    const c10::OperatorName wanted(name.substr(0, dot), dot == std::string::npos ? "" : name.substr(dot + 1));
    const std::optional<c10::OperatorHandle> handle = c10::Dispatcher::singleton().findSchema(wanted);
    if (!handle)
        return nullptr;
    auto op = std::unique_ptr<engine_op>(new engine_op{*handle, {}});
    for (const c10::Argument &argument : handle->schema().arguments())
        op->parameters.push_back(parameter_of(argument));
    return op;
}

void push_arguments(const engine_op &op, const accel_value *arguments, size_t count, torch::jit::Stack &stack)
{
    TORCH_CHECK_TYPE(count <= op.parameters.size(), "takes ", op.parameters.size(), " arguments, got ", count);
    stack.reserve(op.parameters.size());
    for (size_t i = 0; i < op.parameters.size(); i++) {
        const Parameter &parameter = op.parameters[i];
        if (i < count) {
            stack.push_back(box(parameter, arguments[i]));
        } else {
            TORCH_CHECK_TYPE(parameter.has_fallback || parameter.optional, "argument \"", parameter.name,
                             "\" is missing");
            stack.push_back(parameter.fallback);
        }
    }
}

} // namespace

extern "C" engine_op *engine_op_find(const char *name)
{
    return guard<engine_op *>("accel_op", nullptr, [&]() -> engine_op * {
        static std::mutex lock;
        // Never destroyed: a thread may still call operations while the process exits.
        static auto &known = *new std::unordered_map<std::string, std::unique_ptr<engine_op>>;
        const std::lock_guard<std::mutex> held(lock);
        const auto found = known.find(name);
        if (found != known.end())
            return found->second.get();
        std::unique_ptr<engine_op> op = look_up(name);
        if (!op) {
            accel_error_raise(ACCEL_ENOTFOUND, "accel_op",
                              "no operation is called \"%s\"; names are like \"aten::add.Tensor\"", name);
            return nullptr;
        }
        return (known[name] = std::move(op)).get();
    });
}

extern "C" accel_status engine_op_call(engine_op *op, const char *call, const accel_value *arguments,
                                       size_t arguments_count, engine_payload *outs, size_t capacity,
                                       size_t *count)
{
    return guard_status(call, [&] {
        *count = 0;
        torch::jit::Stack stack;
        push_arguments(*op, arguments, arguments_count, stack);
        op->handle.callBoxed(stack);
        if (stack.size() == 1 && capacity == 1 && stack[0].isTensor() && stack[0].toTensor().defined()) {
            outs[(*count)++] = payload_of(std::move(stack[0]).toTensor());
            return;
        }
        std::vector<at::Tensor> tensors;
        for (const c10::IValue &result : stack)
            unbox(result, tensors);
        TORCH_CHECK_VALUE(tensors.size() <= capacity, "gives ", tensors.size(), " results, ", capacity,
                          " expected");
        for (at::Tensor &tensor : tensors)
            outs[(*count)++] = tensor.defined() ? payload_of(std::move(tensor)) : nullptr;
    });
}
